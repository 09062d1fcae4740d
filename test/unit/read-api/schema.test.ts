import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { buildSchema, findBreakingChanges, parse, validate } from 'graphql';
import { z } from 'zod';
import { jsonSchemas } from '#domain/kernel/json-schema.ts';
import { Money, PositiveMoney } from '#domain/kernel/money.ts';
import { registry } from '#domain/registry.ts';
import { operations } from '#read-api/operations.ts';
import { executableSchema, schemaDocument } from '#read-api/schema/document.ts';
import { types, Unsayable } from '#read-api/schema/types.ts';
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
      .filter(({ from }) => (from === 'process') === process)
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
  const bid = /type Bid \{([^}]*)\}/.exec(document.text)?.[1] ?? '';
  assert.match(bid, /maximum: Money\n/);
});

for (const example of exampleOperations)
  test(`GraphiQL opens with an operation that is valid: ${example.split('\n')[0]}`, () => {
    const limits = { depthLevels: 12, costFields: 20_000, rootFields: 10 };
    assert.deepEqual(validate(schema, parse(example), undefined), []);
    assert.deepEqual(validate(schema, parse(example), [costRule(limits)]), []);
  });

test('fragments within fragments are refused before they cost anything', () => {
  const bomb = Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`);
  const text = `{ ...f0 } ${bomb.join(' ')} fragment f40 on Query { now }`;
  const limits = { depthLevels: 12, costFields: 1_000, rootFields: 10 };
  assert.match(validate(schema, parse(text), [costRule(limits)]).join(), /more than/);
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
    assert.throws(() => printed('input', field), Unsayable);
  });

test('two types of one name are thrown at boot', () => {
  const { schemas, $defs } = jsonSchemas({ a: z.object({ x: z.string() }), b: z.object({ y: z.string() }) });
  const to = types($defs);
  to.output(schemas.a, 'Same', true);
  assert.throws(() => to.output(schemas.b, 'Same', true), /two types have this name/);
});
