import { z } from 'zod';
import { canonical } from '#domain/kernel/canonical.ts';
import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { admitted } from './asking.ts';
import { pageItems } from './limits.ts';
import { type NodeDeclaration, type QueryDeclaration, query } from './operation.ts';
import type { ResolverContext } from './resolver-context.ts';

// Global ids (ADR 15): a type's name and the arguments of the query that reads one, as canonical JSON in base64url. They
// are made when a document is shown and stored nowhere.

/** As clients hand it in; what is in it is judged where it is read, so that one bad id of many costs the others nothing. */
const GlobalId = z
  .string()
  .min(1)
  .max(512)
  .meta({ id: 'GlobalId', description: 'An `id` as it was handed out. Opaque, and of one thing for ever.' });

/** Printed as an interface; every declared node implements it. */
export const Node = z.object({ id: GlobalId }).meta({
  id: 'Node',
  description:
    'Whatever has an identity of its own. `id` is unlike that of every other thing of any type; what people and commands call it (`auctionId`, `lotId`) stands beside it.',
  interface: true,
});

/** What stands in a global id. */
const Content = z.tuple([z.string(), z.record(z.string(), z.union([z.string(), z.int()]))]);

/** A document as views hold it: under the id that it has there. */
export type Shown = Readonly<Record<string, unknown>> & { readonly id: string };

/** The global id of a document of a type. */
export function globalIdOf({ type, key, documentId }: NodeDeclaration, document: Shown): string {
  const names = key.map((name) => [name, document[name === documentId ? 'id' : name]]);
  return idOf(Content.parse([type, Object.fromEntries(names)]));
}

const idOf = (content: z.output<typeof Content>): string =>
  Buffer.from(canonical(content)).toString('base64url');

const noId = (): RejectedError =>
  new RejectedError(
    Invalid({ issues: [{ path: 'id', problem: 'not an id that this platform has handed out' }] }),
  );

function contentOf(id: string): z.output<typeof Content> {
  try {
    const content = Content.parse(JSON.parse(Buffer.from(id, 'base64url').toString()));
    if (idOf(content) === id) return content;
  } catch {
    // It is no JSON, or of another form: like every other text that is no id.
  }
  throw noId();
}

type ByType = ReadonlyMap<string, NodeDeclaration>;

/**
 * The thing of a global id, through its type's own query; null where that has nothing to show to whoever asks.
 * @throws RejectedError as the query, and with `invalid` for what is no id
 */
async function thingOf(id: string, nodes: ByType, context: ResolverContext): Promise<Shown | null> {
  const [type, key] = contentOf(id);
  const declared = nodes.get(type);
  if (declared === undefined) throw noId();
  const args = admitted(declared.read, key, context);
  const found = (await declared.read.resolve(args, context)) as Shown | null;
  // A query may have defaults for what an id leaves out; a thing has one id nevertheless.
  if (found === null || globalIdOf(declared, found) !== id) return null;
  return { ...found, __typename: type };
}

/** `node` and `nodes`, over all that is declared to have an identity. */
export function nodeQueries(
  declared: readonly NodeDeclaration[],
): Readonly<Record<string, QueryDeclaration>> {
  const nodes: ByType = new Map(declared.map((each) => [each.type, each]));
  return {
    node: {
      ...query({
        description:
          'The thing of a global id. It answers as the query of its type does, to the same people: null, or a no. To read your own write, ask `nodes`.',
        who: 'anyone',
        args: { id: GlobalId },
        returns: Node.nullable(),
        resolve: ({ id }, context) => thingOf(id, nodes, context),
      }),
      // Relay's compiler takes it for no `node` with a second argument, be it an optional one.
      atLeast: false,
    },
    nodes: {
      kind: 'query',
      whose: 'anybody',
      description: `The things of up to ${pageItems.most} global ids, in the order of the ids. A no to one of them leaves null in its place, and an error whose path names it.`,
      who: 'anyone',
      args: z.strictObject({ ids: z.array(GlobalId).max(pageItems.most) }),
      returns: z.array(Node.nullable()),
      async resolve(args, context) {
        const { ids } = args as { ids: readonly string[] };
        // GraphQL takes an error among the items for that item alone.
        return Promise.all(ids.map((id) => thingOf(id, nodes, context).catch((error: unknown) => error)));
      },
    },
  };
}
