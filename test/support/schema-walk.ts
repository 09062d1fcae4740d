import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';

// Documents that ask for all there is: every field of every type, of every operation, with every value that an argument of its
// name may take.

/** Values by the name of an argument, as GraphQL literals. An argument that is not here is left out. */
export type Candidates = Readonly<Record<string, readonly string[]>>;

export interface Document {
  /** Of the root. */
  readonly name: string;
  readonly query: string;
}

/** Deeper than an edge of a page in a page. */
const MOST_LEVELS = 7;
/** Of a page; nested ones multiply, and an answer has a bound. */
const ITEMS = 50;
const NESTED_ITEMS = 10;

/** Every way to fill in the arguments; an optional one is also left out, where that makes a difference. */
function calls(args: readonly GraphQLArgument[], candidates: Candidates, atLeast: string): readonly string[] {
  const always: Candidates = { atLeast: [atLeast], first: [String(ITEMS)] };
  let lists: readonly (readonly string[])[] = [[]];
  for (const { name, type } of args) {
    const known = always[name] ?? candidates[name];
    if (known === undefined && isNonNullType(type)) throw new Error(`nobody has told what ${name} may be`);
    const left = isNonNullType(type) || name in always ? [] : [undefined];
    const ways = [...left, ...(known ?? []).map((value) => `${name}: ${value}`)];
    lists = lists.flatMap((list) => ways.map((way) => (way === undefined ? list : [...list, way])));
  }
  return lists.map((list) => (list.length === 0 ? '' : `(${list.join(', ')})`));
}

function everythingIn(type: GraphQLObjectType, atLeast: string, levels: number): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (!isObjectType(inner)) return [field.name];
    if (levels === 0) return [];
    const args = field.args.flatMap(({ name }) =>
      name === 'first' ? [`first: ${NESTED_ITEMS}`] : name === 'atLeast' ? [`atLeast: ${atLeast}`] : [],
    );
    const call = args.length === 0 ? '' : `(${args.join(', ')})`;
    return [`${field.name}${call} { ${everythingIn(inner, atLeast, levels - 1)} }`];
  });
  return fields.length === 0 ? '__typename' : fields.join(' ');
}

function documentsOf(
  keyword: 'query' | 'subscription',
  field: GraphQLField<unknown, unknown>,
  candidates: Candidates,
  atLeast: string,
  schema: GraphQLSchema,
): readonly Document[] {
  const type = getNamedType(field.type);
  const everything = (of: GraphQLObjectType) => everythingIn(of, atLeast, MOST_LEVELS);
  // One document for each type that an interface may turn out to be: together their fields would not merge.
  const selections = isInterfaceType(type)
    ? schema.getPossibleTypes(type).map((of) => ` { ... on ${of.name} { ${everything(of)} } }`)
    : [isObjectType(type) ? ` { ${everything(type)} }` : ''];
  return calls(field.args, candidates, atLeast).flatMap((call) =>
    selections.map((selection) => ({
      name: field.name,
      query: `${keyword} { ${field.name}${call}${selection} }`,
    })),
  );
}

/** Every operation of a root, in every way; what they read holds the history up to `position`, a token. */
export function everyDocument(
  schema: GraphQLSchema,
  keyword: 'query' | 'subscription',
  candidates: Candidates,
  position: string,
): readonly Document[] {
  const root = keyword === 'query' ? schema.getQueryType() : schema.getSubscriptionType();
  const atLeast = JSON.stringify(position);
  return Object.values(root?.getFields() ?? {}).flatMap((field) =>
    documentsOf(keyword, field, candidates, atLeast, schema),
  );
}
