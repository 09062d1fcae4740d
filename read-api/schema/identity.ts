import type { JsonSchema } from '#domain/kernel/json-schema.ts';
import { globalIdOf, Node, type Shown } from '../node.ts';
import type { NodeDeclaration } from '../operation.ts';

const GLOBAL_ID: JsonSchema = { type: 'string', format: 'id' };

/** A type as clients see it: `id` is global, and the document's own is shown by the name that arguments have for it. */
function identified(schema: JsonSchema, { documentId }: NodeDeclaration): JsonSchema {
  const { id = {}, ...properties } = schema.properties ?? {};
  const own = documentId === undefined ? {} : { [documentId]: id };
  return {
    ...schema,
    implements: Node.meta()?.id,
    properties: { id: GLOBAL_ID, ...own, ...properties },
    required: [...(schema.required ?? []), ...Object.keys(own)],
  };
}

/** The same definitions, with an identity for each type that is declared to have one. */
export function withIdentity(
  $defs: Readonly<Record<string, JsonSchema>>,
  nodes: readonly NodeDeclaration[],
): Readonly<Record<string, JsonSchema>> {
  const changed = nodes.map((node) => [node.type, identified($defs[node.type] ?? {}, node)] as const);
  return { ...$defs, ...Object.fromEntries(changed) };
}

/** What shows the identity of a document, by type. */
export const identityResolvers = (nodes: readonly NodeDeclaration[]) =>
  Object.fromEntries(
    nodes.map((node) => [
      node.type,
      {
        id: (document: Shown) => globalIdOf(node, document),
        ...(node.documentId !== undefined && { [node.documentId]: ({ id }: Shown) => id }),
      },
    ]),
  );
