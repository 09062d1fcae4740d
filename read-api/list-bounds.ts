import type { GraphQLField } from 'graphql';
import { pageItems } from './limits.ts';

// How many items a list may have that nobody asks for by the page. The schema that answers keeps what is declared beside its fields;
// the text of the schema has no words for it.

type Field = GraphQLField<unknown, unknown>;
const MOST = 'mostItems';

export function bound(field: Field, most: number): void {
  field.extensions = { ...field.extensions, [MOST]: most };
}

/** Where nothing is declared it counts as the largest page. */
export function mostOf({ extensions }: Field): number {
  const most = extensions[MOST];
  return typeof most === 'number' ? most : pageItems.most;
}
