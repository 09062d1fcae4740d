import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLObjectType,
  getIntrospectionQuery,
  isInterfaceType,
  isNonNullType,
  parse,
  validate,
} from 'graphql';
import { z } from 'zod';
import { operations, registry } from '#compose/contexts.ts';
import { jsonSchemas } from '#domain/kernel/json-schema.ts';
import { personal, secret } from '#domain/kernel/message.ts';
import { Money, PositiveMoney } from '#domain/kernel/money.ts';
import { executableSchema, schemaDocument } from '#read-api/schema/document.ts';
import { rejectionsPage } from '#read-api/schema/rejections-page.ts';
import { UnsayableError } from '#read-api/schema/sdl.ts';
import { types } from '#read-api/schema/types.ts';
import { costRule } from '#read-api/transport/cost.ts';
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
    assert.deepEqual(validate(schema, parse(example), [costRule(limits)]), []);
  });

test('fragments within fragments are refused before they cost anything', () => {
  const bomb = Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`);
  const text = `{ ...f0 } ${bomb.join(' ')} fragment f40 on Query { now }`;
  const limits = { depthLevels: 12, costFields: 1_000, rootFields: 10, schemaFields: 400 };
  assert.match(validate(schema, parse(text), [costRule(limits)]).join(), /more than/);
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
    assert.match(validate(schema, parse(text), [costRule(limits)]).join(), problem);
    const asTools = parse(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }));
    assert.deepEqual(validate(schema, asTools, [costRule(limits)]), []);
  });

const costs: readonly (readonly [nodes: string, variables: string, items: number])[] = [
  ['nodes(ids: []) { id }', '', 1],
  ['nodes(ids: "a") { id }', '', 1],
  ['nodes(ids: ["a", "b", "c"]) { id }', '', 3],
  ['nodes(ids: ["a", $b]) { id }', '($b: ID!)', 2],
  ['nodes(ids: $ids) { id }', '($ids: [ID!]!)', 100],
  [
    'nodes(ids: $ids) { ... on Auction { bidHistory(first: 5) { edges { cursor } } } }',
    '($ids: [ID!]!)',
    1_100,
  ],
  ['auctions(first: 7) { pageInfo { endCursor } }', '', 14],
];
for (const [nodes, variables, items] of costs)
  test(`what stands below ${nodes} is counted for each of its items`, () => {
    const problems = (costFields: number) =>
      validate(schema, parse(`query ${variables} { ${nodes} }`), [
        costRule({ depthLevels: 12, costFields, rootFields: 10, schemaFields: 400 }),
      ]);
    assert.deepEqual(problems(1 + items), []);
    assert.match(problems(items).join(), /more than/);
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
