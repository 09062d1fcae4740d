import { makeExecutableSchema } from '@graphql-tools/schema';
import {
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLScalarType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';
import type { z } from 'zod';
import { type JsonSchema, jsonSchemas, messageSchemas } from '#domain/kernel/json-schema.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { Token } from '#domain/kernel/token.ts';
import { admitted } from '../asking.ts';
import type { Insight } from '../authorization/insight.ts';
import { openedText, rightTo } from '../authorization/secrets.ts';
import { sayWho } from '../authorization/who.ts';
import { cursorPosition } from '../feeds/feed.ts';
import { bound } from '../list-bounds.ts';
import { nodeQueries } from '../node.ts';
import type {
  FieldDeclaration,
  Operations,
  QueryDeclaration,
  SubscriptionDeclaration,
} from '../operation.ts';
import { type QueryServices, type ResolverContext, readAt } from '../resolver-context.ts';
import type { Viewer } from '../viewer.ts';
import { identityResolvers, withIdentity } from './identity.ts';
import { answersOf, mutationResolvers, printMutations } from './mutations.ts';
import { recorded, recordedItems } from './recorded.ts';
import { scalarOf } from './scalars.ts';
import { described, pascal } from './sdl.ts';
import { type Types, types } from './types.ts';

/** What every resolver is given as its context. */
export interface Asked {
  readonly viewer: Viewer;
  readonly services: QueryServices;
  /** What is to be said beside the answer, in the order in which it was met. */
  readonly beside: GraphQLError[];
}

type Declared = QueryDeclaration | SubscriptionDeclaration | FieldDeclaration;
interface Named {
  readonly name: string;
  readonly operation: Declared;
}

const atLeast = Token.optional().meta({
  description: 'Wait, for a bounded time, until what is read holds the history up to this token.',
});
const argsOf = (operation: Declared): z.ZodObject =>
  operation.kind === 'query' && operation.atLeast === false
    ? operation.args
    : operation.args.extend({ atLeast });

/** Who may ask, and with what. Made once for each operation: a schema is compiled when it reads for the first time. */
type Admitting = Pick<Declared, 'who' | 'args'>;
const admittingOf = (operation: Declared): Admitting => ({ who: operation.who, args: argsOf(operation) });

/** Authorizes, parses, and says how far the views must have come. */
async function asked(admitting: Admitting, given: object, { viewer, services }: Asked) {
  const insights = new Set<Insight>();
  const { atLeast: token, ...args } = admitted(admitting, given, { viewer, insights });
  const position = await cursorPosition(services, typeof token === 'string' ? token : undefined);
  const context: ResolverContext = { viewer, services, insights, beside: [], at: readAt(position) };
  return { args, context };
}

type Resolvers = Record<string, Record<string, unknown> | GraphQLScalarType>;

/** Every answer passes here, and so is the one place where what a role shows is recorded before it leaves. */
function resolverOf({ name, operation }: Named): unknown {
  const admitting = admittingOf(operation);
  if (operation.kind === 'subscription')
    return {
      async subscribe(_: unknown, given: object, request: Asked) {
        const { args, context } = await asked(admitting, given, request);
        return recordedItems(await operation.subscribe(args, context), context, name);
      },
      resolve: (item: unknown) => item,
    };
  return async (parent: object, given: object, request: Asked, info: GraphQLResolveInfo) => {
    const { args, context } = await asked(admitting, given, request);
    const answer = await (operation.kind === 'field'
      ? operation.resolve(args, context, parent)
      : operation.resolve(args, context));
    await recorded(context, name);
    const place = { nodes: info.fieldNodes, path: responsePathAsArray(info.path) };
    for (const said of context.beside) {
      const originalError = new RejectedError(said);
      request.beside.push(new GraphQLError(originalError.message, { ...place, originalError }));
    }
    return answer;
  };
}

/** A marked field is let out by the policy of `authorization/secrets.ts`, and reads as null otherwise. */
function markedResolvers(known: Types): Resolvers {
  const resolvers: Resolvers = {};
  for (const [type, fields] of known.marked) {
    const byField = [...fields].map(([name, marked]) => {
      const resolve = (document: Readonly<Record<string, unknown>>, _: unknown, asked: Asked): unknown => {
        const { viewer, services } = asked;
        const right = rightTo(marked, document, viewer.actor);
        if (right === undefined) return null;
        const owner = document[marked.owned?.owner ?? ''];
        const shown = () => (marked.sealed ? openedText(document[name], owner, services) : document[name]);
        if (right === 'owner') return shown();
        return services.readings.record(viewer, right, `${type}.${name}`).then(shown);
      };
      return [name, resolve];
    });
    resolvers[type] = Object.fromEntries(byField);
  }
  return resolvers;
}

function printOperation(
  { name, operation }: Named,
  schemas: Readonly<Record<string, JsonSchema>>,
  to: Types,
) {
  const args = to.args(schemas[`${name}.args`] ?? {}, pascal(name));
  // What can be refused by itself is null by itself. A feed stands alone in its operation, and its items are never refused.
  const required = operation.kind === 'subscription';
  const returns = to.output(schemas[`${name}.returns`] ?? {}, `${pascal(name)}Result`, required);
  const description = described(`${operation.description} ${sayWho(operation.who)}`, '  ');
  return `${description}  ${name}${args}: ${returns}`;
}

/** What clients have to know of each root as a whole. */
const rootDescriptions: Readonly<Record<string, string>> = {
  Query:
    'Fields that are refused are null, each with an error whose `path` names it and whose `extensions.code` is of the catalogue; those beside them are answered. A list that may miss something which waits for a repair is answered, and an error `parked` whose `path` names it stands beside it.',
  Mutation:
    'A no is an answer, of a type of its own in the result. Null, with an error: it failed by our fault, and what stands before it in the same operation is done all the same.',
  Subscription:
    'Over WebSocket (`graphql-transport-ws`) the token is given in the `connectionParams` of `connection_init`, as `{"authorization": "Bearer <token>"}`; the name may be written in any case. Over SSE it is in the header, as everywhere over HTTP. A feed ends with the token.',
};

interface Document {
  /** The whole schema in GraphQL's language. */
  readonly text: string;
  readonly resolvers: Resolvers;
  /** How many items a list has at most, as `Type.field`, as far as that is declared. */
  readonly bounds: ReadonlyMap<string, number>;
}

const typeOf = (operation: Declared): string =>
  operation.kind === 'field' ? operation.of : operation.kind === 'query' ? 'Query' : 'Subscription';

/** Prints the schema and makes its resolvers in one walk over the declarations, so that they cannot differ. */
export function schemaDocument(registry: Registry, contexts: readonly Operations[]): Document {
  const nodes = contexts.flatMap((context) => context.nodes);
  const all = [
    nodeQueries(nodes),
    ...contexts.flatMap(({ queries, subscriptions, fields }) => [queries, subscriptions, fields]),
  ].flatMap((operations) =>
    Object.entries<Declared>(operations).map(([name, operation]): Named => ({ name, operation })),
  );
  const answers = answersOf(registry);
  const schemas = jsonSchemas({
    ...answers,
    ...Object.fromEntries(
      all.flatMap(({ name, operation }) => [
        [`${name}.args`, argsOf(operation)],
        [`${name}.returns`, operation.returns],
      ]),
    ),
  });
  const messages = messageSchemas(registry);
  const known = types(withIdentity({ ...messages.$defs, ...schemas.$defs }, nodes));
  const printed = (kind: Declared['kind']) => all.filter(({ operation }) => operation.kind === kind);
  const lines = (kind: Declared['kind']) =>
    printed(kind).map((named) => printOperation(named, schemas.schemas, known));
  const roots: Readonly<Record<string, readonly string[]>> = {
    Query: lines('query'),
    Mutation: printMutations(registry, messages, known),
    Subscription: lines('subscription'),
  };
  for (const name of Object.keys(answers)) known.output({ $ref: `#/$defs/${name}` }, name, true);
  for (const named of printed('field'))
    if (named.operation.kind === 'field')
      known.extend(named.operation.of, printOperation(named, schemas.schemas, known));

  const resolvers: Resolvers = markedResolvers(known);
  for (const [type, fields] of Object.entries(identityResolvers(nodes)))
    resolvers[type] = { ...resolvers[type], ...fields };
  for (const named of all) {
    const { operation } = named;
    const type = typeOf(operation);
    resolvers[type] = { ...resolvers[type], [named.name]: resolverOf(named) };
  }
  const bounds = new Map(known.bounds);
  const returned: Readonly<Record<string, JsonSchema>> = schemas.schemas;
  for (const { name, operation } of all) {
    const most = known.mostItems(returned[`${name}.returns`] ?? {});
    if (most !== undefined) bounds.set(`${typeOf(operation)}.${name}`, most);
  }
  resolvers.Mutation = mutationResolvers(registry);
  for (const name of known.scalars) resolvers[name] = scalarOf(name);

  const rootText = Object.entries(roots)
    .filter(([, fields]) => fields.length > 0)
    .map(([name, fields]) => `${described(rootDescriptions[name])}type ${name} {\n${fields.join('\n')}\n}`);
  const rest = [...known.definitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return { text: `${[...rootText, ...rest].join('\n\n')}\n`, resolvers, bounds };
}

/** The schema that answers. @throws UnsayableError for what GraphQL has no words for */
export function executableSchema({ text, resolvers, bounds }: Document): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: text,
    resolvers: resolvers as never,
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  });
  for (const [name, most] of bounds) {
    const [type = '', field = ''] = name.split('.');
    const known = schema.getType(type);
    if (!isObjectType(known) && !isInterfaceType(known)) continue;
    const found = known.getFields()[field];
    if (found !== undefined) bound(found, most);
  }
  return schema;
}
