import { z } from 'zod';
import type { Page, Query } from '#domain/kernel/ports/query.ts';
import { pageItems } from './limits.ts';

/** Where a page begins. */
export const Cursor = z
  .string()
  .min(1)
  .max(1_024)
  .meta({ id: 'Cursor', description: 'A place in a list, as a page handed it out. Opaque.' });

const PageInfo = z
  .object({
    hasNextPage: z.boolean(),
    hasPreviousPage: z.boolean(),
    startCursor: Cursor.nullable(),
    endCursor: Cursor.nullable(),
  })
  .meta({ id: 'PageInfo', description: 'Where a page stands in its list.' });

/** The arguments of every page. */
export const pageArguments = {
  first: z
    .int()
    .min(1)
    .max(pageItems.most)
    .default(pageItems.usual)
    .meta({ description: `Items of the page: 1 to ${pageItems.most}.` }),
  after: Cursor.optional().meta({ description: 'The cursor of the item behind which the page begins.' }),
} as const;

/** A page of `Node`s, as Relay has it. */
export type ConnectionOf<Node extends z.ZodType> = z.ZodObject<{
  edges: z.ZodArray<z.ZodObject<{ cursor: typeof Cursor; node: Node }>>;
  pageInfo: typeof PageInfo;
}>;

const made = new WeakMap<z.ZodType, z.ZodType>();

/** The connection over a type that has a name; the same type always has the same. */
export function connection<Node extends z.ZodType>(node: Node): ConnectionOf<Node> {
  const known = made.get(node);
  if (known !== undefined) return known as ConnectionOf<Node>;
  const name = z.globalRegistry.get(node)?.id;
  if (name === undefined) throw new TypeError('a connection is over a type that has an id');
  const edge = z.object({ cursor: Cursor, node }).meta({ id: `${name}Edge` });
  const schema: ConnectionOf<Node> = z
    .object({ edges: z.array(edge), pageInfo: PageInfo })
    .meta({ id: `${name}Connection`, description: `A page of ${name}.` });
  made.set(node, schema);
  return schema;
}

interface Edges<Node> {
  readonly edges: { cursor: string; node: Node }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** A page of a view, or of anything else that has cursors, as a connection. */
export function edgesOf<Node>(page: Page<Node>, after: string | undefined): Edges<Node> {
  return {
    edges: page.items.map(({ cursor, document }) => ({ cursor, node: document })),
    pageInfo: {
      hasNextPage: page.more,
      hasPreviousPage: after !== undefined,
      startCursor: page.items[0]?.cursor ?? null,
      endCursor: page.items.at(-1)?.cursor ?? null,
    },
  };
}

/** The part of a view's query that the page's arguments give. */
export const pageOf = (args: {
  first: number;
  after?: string | undefined;
}): Pick<Query, 'limit' | 'after'> => ({
  limit: args.first,
  ...(args.after !== undefined && { after: args.after }),
});
