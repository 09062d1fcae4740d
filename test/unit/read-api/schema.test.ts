import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLObjectType,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { z } from 'zod';
import { operations, registry } from '#compose/contexts.ts';
import { ladders } from '#domain/auctions/ladder.ts';
import { jsonSchemas } from '#domain/kernel/json-schema.ts';
import { personal, secret } from '#domain/kernel/message.ts';
import { Money, PositiveMoney } from '#domain/kernel/money.ts';
import { readLimits } from '#read-api/limits.ts';
import { authorizationPage } from '#read-api/schema/authorization-page.ts';
import { executableSchema, schemaDocument } from '#read-api/schema/document.ts';
import { rejectionsPage } from '#read-api/schema/rejections-page.ts';
import { UnsayableError } from '#read-api/schema/sdl.ts';
import { types } from '#read-api/schema/types.ts';
import { costOf, shapeRule } from '#read-api/transport/cost.ts';
import { exampleOperations } from '#read-api/transport/graphiql.ts';

const document = schemaDocument(registry, operations);
const schema = executableSchema(document);

test('the committed schema is the one that answers', async () => {
  const committed = await readFile(new URL('../../../read-api/schema.graphql', import.meta.url), 'utf8');
  const breaking = findBreakingChanges(buildSchema(committed), buildSchema(document.text));
  const named = breaking.map(({ description }) => description);
  assert.deepEqual(named, [], 'this would break clients');
  assert.equal(document.text, committed, 'run `npm run schema` and commit what it writes');
});

test('the page of rejections has a row for each code of the catalogue, as it is declared', async () => {
  const committed = await readFile(new URL('../../../docs/rejections.md', import.meta.url), 'utf8');
  assert.equal(rejectionsPage(registry), committed, 'run `npm run schema` and commit what it writes');
  for (const { code } of registry.rejections.values())
    assert.match(committed, new RegExp(`^\\| \`${code}\` `, 'm'));
});

test('the page of who may do what says what is declared, and whoever is asked for by name is said to be whose', async () => {
  const committed = await readFile(new URL('../../../docs/authorization.md', import.meta.url), 'utf8');
  assert.equal(
    authorizationPage(registry, operations),
    committed,
    'run `npm run schema` and commit what it writes',
  );
  for (const context of operations)
    for (const [name, { args, who, whose }] of Object.entries({
      ...context.queries,
      ...context.subscriptions,
      ...context.fields,
    }))
      if ('person' in args.shape) assert.ok(whose !== 'anybody' && who === 'member', name);
});

test('a change that would break a client is named', () => {
  const without = document.text.replace('  smallestBid: Money!\n', '');
  const breaking = findBreakingChanges(buildSchema(document.text), buildSchema(without));
  assert.match(breaking.map(({ description }) => description).join(), /smallestBid/);
});

test('every public command has a mutation and no other has one', () => {
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
  const commands = [...registry.commands.values()].map(({ command }) => command);
  const named = (process: boolean) =>
    commands
      .filter(({ from }) => (from === 'internal') === process)
      .map(({ type }) => type.charAt(0).toLowerCase() + type.slice(1));
  assert.deepEqual(mutations, named(false).sort());
  assert.ok(named(true).includes('acceptBid'));
});

test('every rejection of the catalogue is a type, and each result has the common ones', () => {
  const rejections = schema.getPossibleTypes(schema.getType('Rejection') as never);
  assert.equal(rejections.length, registry.rejections.size);
  assert.match(
    document.text,
    /union PlaceBidResult =\n {2}\| Accepted\n {2}\| Pending\n[^}]*\| BidTooLow\n[^}]*\| Internal/,
  );
});

test('nothing secret is a field that everybody must get', () => {
  const bid = /type Bid implements Node \{([^}]*)\}/.exec(document.text)?.[1] ?? '';
  assert.match(bid, /maximum: Money\n/);
});

for (const example of exampleOperations)
  test(`GraphiQL opens with an operation that is valid: ${example.split('\n')[0]}`, () => {
    const limits = { depthLevels: 12, costFields: 20_000, rootFields: 10, schemaFields: 400 };
    assert.deepEqual(validate(schema, parse(example), undefined), []);
    assert.deepEqual(validate(schema, parse(example), [shapeRule(limits)]), []);
  });

test('fragments within fragments are refused before they cost anything', () => {
  const bomb = Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`);
  const text = `{ ...f0 } ${bomb.join(' ')} fragment f40 on Query { now }`;
  const limits = { depthLevels: 12, costFields: 1_000, rootFields: 10, schemaFields: 400 };
  assert.match(validate(schema, parse(text), [shapeRule(limits)]).join(), /more than/);
});

const aboutSchema: readonly (readonly [text: string, problem: RegExp])[] = [
  [
    `{ __schema { ...A } } fragment A on __Schema { ${'types { ...T } '.repeat(60)} } fragment T on __Type { ${'name '.repeat(60)} }`,
    /more than 400/,
  ],
  ['{ __schema { types { fields { type { fields { name } } } } } }', /fields of the schema within fields/],
  ['{ __schema { types { possibleTypes { interfaces { possibleTypes { name } } } } } }', /within/],
  ['{ ...a } fragment a on Query { __schema { types { ...t } } } fragment t on __Type { ...t }', /more than/],
];
for (const [text, problem] of aboutSchema)
  test(`a question about the schema that multiplies is refused: ${text.slice(0, 60)}`, () => {
    const limits = { depthLevels: 12, costFields: 20_000, rootFields: 10, schemaFields: 400 };
    assert.match(validate(schema, parse(text), [shapeRule(limits)]).join(), problem);
    const asTools = parse(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }));
    assert.deepEqual(validate(schema, asTools, [shapeRule(limits)]), []);
  });

const LADDERS = ladders.length;

/** An operation, its variables, and the fields that it may come to. */
const costs: readonly (readonly [
  text: string,
  variables: Readonly<Record<string, unknown>>,
  fields: number,
])[] = [
  ['{ nodes(ids: []) { id } }', {}, 2],
  ['{ nodes(ids: "a") { id } }', {}, 2],
  ['{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 4],
  ['query ($b: ID!) { nodes(ids: ["a", $b]) { id } }', { b: 'b' }, 3],
  ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(70).fill('a') }, 71],
  ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: 'a' }, 2],
  ['query ($ids: [ID!]! = ["a", "b"]) { nodes(ids: $ids) { id } }', {}, 3],
  [
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Auction { bidHistory(first: 5) { edges { cursor } } } } }',
    { ids: ['a', 'b'] },
    1 + 2 * (1 + 5 * 2),
  ],
  ['{ auctions(first: 7) { pageInfo { endCursor } } }', {}, 15],
  ['{ auctions { pageInfo { endCursor } } }', {}, 41],
  ['query ($n: Int) { auctions(first: $n) { pageInfo { endCursor } } }', {}, 41],
  ['query ($n: Int) { auctions(first: $n) { pageInfo { endCursor } } }', { n: null }, 41],
  ['query ($n: Int = 3) { auctions(first: $n) { pageInfo { endCursor } } }', {}, 7],
  ['query ($n: Int = 3) { auctions(first: $n) { pageInfo { endCursor } } }', { n: 5 }, 11],
  ['query ($n: Int) { ...a } fragment a on Query { auctions(first: $n) { __typename } }', { n: 9 }, 11],
  // Lists that nobody asks for by the page: by what is declared, or as the largest page.
  ['{ rejections { code } }', {}, 1 + 100],
  ['{ rejections { ...r } } fragment r on RejectionEntry { a: code b: code }', {}, 1 + 1 + 100 * 2],
  [
    `{ ladders { steps { ...s } } } fragment s on LadderStepsItem { __typename }`,
    {},
    1 + LADDERS + 1 + LADDERS * 32,
  ],
  ['{ views { parked { error } } }', {}, 1 + 30 * (1 + 100)],
  [
    '{ auctions(first: 7) { edges { node { premium { rateBasisPoints } categories } } } }',
    {},
    1 + 7 * (1 + 1 + 1 + 10 + 1),
  ],
];
const limitsOf = (costFields: number) => ({ depthLevels: 12, costFields, rootFields: 10, schemaFields: 400 });
for (const [text, variableValues, fields] of costs)
  test(`what stands below a page is counted for each of its items: ${text} with ${JSON.stringify(variableValues).slice(0, 40)}`, () => {
    const args = { schema, document: parse(text), variableValues };
    assert.deepEqual(costOf(args, limitsOf(fields)), { fields, roots: 1 });
    assert.match(String(costOf(args, limitsOf(fields - 1))), new RegExp(`more than ${fields - 1} fields`));
  });

const names = (count: number, field: string): string =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');
/** Of some kilobytes each, and without a token. */
const wide: readonly string[] = [
  `{ ${names(10, 'currencies { ...f }')} } fragment f on KnownCurrency { ${names(600, 'code')} }`,
  `{ rejections { ${names(250, 'code')} } }`,
  `{ ladders { steps { ...f } } } fragment f on LadderStepsItem { ${names(580, '__typename')} }`,
  `{ auctions(first: 100) { edges { node { premium { ${names(25, 'rateBasisPoints')} } } } } }`,
];
for (const text of wide)
  test(`an operation that multiplies by lists without a page is refused: ${text.slice(0, 60)}`, () => {
    const limits = limitsOf(readLimits.costFields);
    assert.match(validate(schema, parse(text), [shapeRule(limits)]).join(), /more than 20000 fields/);
    assert.match(String(costOf({ schema, document: parse(text) }, limits)), /more than 20000 fields/);
  });

test('every list of objects that has no page says how long it may be, but those that are as long as the largest page', () => {
  const undeclared = Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.values((type as GraphQLObjectType).getFields())
        .filter((field) => isListType(getNullableType(field.type)) && !isLeafType(getNamedType(field.type)))
        .filter((field) => field.extensions.mostItems === undefined)
        .map((field) => `${type.name}.${field.name}`),
    );
  assert.deepEqual(
    undeclared.filter((name) => !/Connection\.edges$|Page\.events$/.test(name)),
    ['Query.nodes', 'Query.rejections'],
  );
});

// No query takes an input object with a page in it yet.
test('a page that is asked for within an input object, or by the default of one, is counted too', () => {
  const paged = buildSchema(
    'input Page { first: Int = 4, within: Page } type Query { things(page: Page = { first: 6 }): [Query] id: ID }',
  );
  const cost = (text: string, variableValues: Record<string, unknown> = {}) =>
    costOf({ schema: paged, document: parse(text), variableValues }, limitsOf(1_000));
  const fields = (...asked: Parameters<typeof cost>) => {
    const found = cost(...asked);
    return 'fields' in found ? found.fields : assert.fail(found);
  };
  assert.equal(fields('{ things { id } }'), 7);
  assert.equal(fields('{ things(page: {}) { id } }'), 5);
  assert.equal(fields('{ things(page: { first: 2, within: { first: 9 } }) { id } }'), 10);
  const byVariable =
    'query ($page: Page, $n: Int) { things(page: $page) { things(page: { first: $n }) { id } } }';
  assert.equal(fields(byVariable, { page: { first: 3 }, n: 5 }), 1 + 3 * (1 + 5));
  assert.match(String(cost(byVariable, { page: { first: 3 }, n: 1_000_000 })), /more than 1000 fields/);
});

test('before its variables are known an operation is judged by what is written, and they count as one', () => {
  const problems = (text: string) => validate(schema, parse(text), [shapeRule(limitsOf(50))]).join();
  assert.equal(problems('query ($n: Int) { auctions(first: $n) { pageInfo { endCursor } } }'), '');
  assert.equal(problems('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'), '');
  assert.match(problems('{ auctions(first: 100) { pageInfo { endCursor } } }'), /more than 50 fields/);
});

// As Relay's compiler looks for it; with a second argument, be it an optional one, it is no `node` to it.
test('`Node` and `node` are those of the Global Object Identification specification', () => {
  const Node = schema.getType('Node');
  const node = schema.getQueryType()?.getFields().node;
  assert.ok(isInterfaceType(Node));
  const fields = Object.values(Node.getFields()).map(({ name, type }) => `${name}: ${type}`);
  assert.deepEqual(fields, ['id: ID!']);
  assert.equal(String(node?.type), 'Node');
  assert.deepEqual(
    node?.args.map(({ name, type }) => `${name}: ${type}`),
    ['id: ID!'],
  );
});

const required = (type: string) =>
  Object.values((schema.getType(type) as GraphQLObjectType).getFields()).filter((field) =>
    isNonNullType(field.type),
  );
test('what can be refused by itself is null by itself, and takes nothing beside it along', () => {
  assert.deepEqual(required('Query'), []);
  assert.deepEqual(required('Mutation'), []);
  const fields = operations.flatMap((context) => Object.entries(context.fields));
  for (const [name, { of }] of fields)
    assert.ok(!required(of).some((field) => field.name === name), `${of}.${name}`);
});

function printed(direction: 'input' | 'output', field: z.ZodType): string {
  const { schemas, $defs } = jsonSchemas({ it: z.object({ field }) });
  const to = types($defs);
  to[direction](schemas.it, 'It', true);
  return [...to.definitions]
    .sort()
    .map(([, text]) => text.replaceAll(/ *""".*"""\n/g, ''))
    .join('\n');
}

test('money goes in and out under its own name, and what is said twice is defined once', () => {
  assert.equal(
    printed('output', z.array(Money)),
    [
      'scalar Currency',
      'type It {\n  field: [Money!]!\n}',
      'scalar MinorUnits',
      'type Money {\n  amount: MinorUnits!\n  currency: Currency!\n}',
    ].join('\n'),
  );
  assert.match(
    printed('input', PositiveMoney),
    /input PositiveMoneyInput \{\n {2}amount: PositiveMinorUnits!/,
  );
});

test('or null, or left out, is what GraphQL lets be null', () => {
  assert.match(printed('output', z.string().nullable()), /field: String\n/);
  assert.match(printed('output', Money.nullable()), /field: Money\n/);
  assert.match(printed('output', Money.optional()), /field: Money\n/);
});

test('a whole number beyond 32 bits has a scalar of its own', () => {
  assert.match(printed('output', z.int().min(0).max(9_999)), /field: Int!/);
  assert.match(printed('output', z.int().min(0)), /field: SafeInteger!/);
});

const unsayable: Record<string, z.ZodType> = {
  'a union of inputs': z.union([z.string(), z.object({ a: z.string() })]),
  'a record': z.record(z.string(), z.string()),
  'any JSON as an input': z.json(),
  'a tuple': z.tuple([z.string(), z.string()]),
  'a value that is no name': z.enum(['one-two']),
};
for (const [what, field] of Object.entries(unsayable))
  test(`${what} is thrown at boot`, () => {
    assert.throws(() => printed('input', field), UnsayableError);
  });

const unhideable: Record<string, z.ZodType> = {
  'an item of a list': z.array(secret(z.string())),
  'a field with two marks': z.object({ a: secret(personal(z.string())) }),
  'a field whose owner is not beside it': z.object({ a: secret(z.string(), { owner: 'nobody' }) }),
};
for (const [what, field] of Object.entries(unhideable))
  test(`${what}, which nobody could let out to some alone, is thrown at boot`, () => {
    assert.throws(() => printed('output', field), UnsayableError);
  });

test('a field is let out to some whichever of its forms is marked', () => {
  const { schemas, $defs } = jsonSchemas({
    it: z.object({ a: z.array(z.object({ b: secret(z.string()).nullable() })) }),
  });
  const to = types($defs);
  to.output(schemas.it, 'It', true);
  assert.deepEqual([...to.marked.keys()], ['ItAItem']);
});

test('two types of one name are thrown at boot', () => {
  const { schemas, $defs } = jsonSchemas({ a: z.object({ x: z.string() }), b: z.object({ y: z.string() }) });
  const to = types($defs);
  to.output(schemas.a, 'Same', true);
  assert.throws(() => to.output(schemas.b, 'Same', true), /two types have this name/);
});
