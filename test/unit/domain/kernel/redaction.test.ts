import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { registry as platform } from '#compose/contexts.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { jsonSchemas, messageSchemas } from '#domain/kernel/json-schema.ts';
import {
  capability,
  command,
  event,
  isMarked,
  type Mark,
  marks,
  personal,
  recordedReason,
  refusalShape,
  rejection,
  secret,
} from '#domain/kernel/message.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import {
  integrationData,
  integrationSchema,
  leavingOf,
  publicData,
  publicDetails,
  publicSchema,
  redacted,
} from '#domain/kernel/redaction.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { commonRejections } from '#domain/kernel/rejections.ts';
import { examples, placed } from '#test/support/stored-examples.ts';

const Guarded = z
  .object({ open: z.string(), key: capability(z.string()), worth: secret(MinorUnits) })
  .meta({ id: 'GuardedThing', description: 'A thing with marks in it.' });
const Told = event('Told', {
  version: 1,
  description: 'Marks at every depth, behind every kind of schema.',
  data: {
    top: secret(MinorUnits.optional()),
    thing: Guarded,
    list: z.array(z.object({ name: z.string(), whose: personal(z.string()) })),
    record: z.record(z.string(), z.object({ n: z.int(), hidden: secret(z.int()) })),
    items: z.array(secret(z.string())),
    nested: z.array(z.array(z.string())),
    either: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), place: capability(z.string()) }),
      z.object({ kind: z.literal('b'), place: z.string() }),
    ]),
    maybe: Guarded.nullable(),
    any: z.json(),
  },
});
const No = rejection('no', {
  message: 'No.',
  details: { things: z.array(z.object({ of: Guarded })), when: secret(z.string().optional()) },
});
const Refused = event('Refused', {
  version: 1,
  description: 'A no that is recorded.',
  data: { ...refusalShape, deep: z.array(z.object({ thing: Guarded })) },
  refusal: true,
});
const Ask = command('Ask', {
  description: '',
  from: 'internal',
  data: {},
  stream: () => 'x-1',
  rejections: [No],
});
const Plain = event('Plain', { version: 1, description: 'Nothing marked.', data: { amount: MinorUnits } });
const Quiet = event('Quiet', {
  version: 1,
  description: 'For nobody.',
  data: { n: z.int() },
  published: false,
});
const Partly = event('Partly', {
  version: 1,
  description: 'Less than everybody may see of one.',
  data: { n: z.int(), balance: MinorUnits, mine: secret(z.int()) },
  published: { without: ['balance'] },
});
const registry = registryOf([
  { name: 'x', description: '', events: [Told, Plain, Refused, Quiet, Partly], commands: [Ask] },
]);
const thing = { open: 'o', key: 'k', worth: 7n };
const told = Told({
  top: 1n,
  thing,
  list: [{ name: 'n', whose: 'w' }],
  record: { one: { n: 1, hidden: 2 } },
  items: ['x', 'y'],
  nested: [['a'], ['b', 'c']],
  either: { kind: 'b', place: 'p' },
  maybe: thing,
  any: { secret: true, key: 'an own word' },
});
const hiding = (...hidden: readonly Mark[]) => redacted(registry, told, (mark) => hidden.includes(mark));

test('what leaves for everybody holds nothing that is marked, however deep', () => {
  assert.deepEqual(publicData(registry, told), {
    thing: { open: 'o' },
    list: [{ name: 'n' }],
    record: { one: { n: 1 } },
    items: [],
    nested: [['a'], ['b', 'c']],
    // Which option a value was read by cannot be told: what one of them marks is hidden in each.
    either: { kind: 'b' },
    maybe: { open: 'o' },
    any: { secret: true, key: 'an own word' },
  });
  assert.deepEqual(publicData(registry, Plain({ amount: 5n })), { amount: '5' });
});

test('a rejection tells nothing that is marked in its details, nor does the event that recorded it', () => {
  const no = No({ things: [{ of: thing }], when: 'w' });
  const reason = recordedReason([No], no);
  const left = { things: [{ of: { open: 'o' } }] };
  assert.deepEqual(publicDetails(registry, 'no', reason.details), left);
  assert.deepEqual(publicData(registry, Refused({ reason, deep: [{ thing }] })), {
    reason: { code: 'no', message: 'No.', details: left },
    deep: [{ thing: { open: 'o' } }],
  });
});

test('what leaves is described by a schema that does not mention what is marked', () => {
  const data = publicSchema(registry, 'events', 'Told');
  assert.deepEqual(Object.keys(data.properties ?? {}), Object.keys(publicData(registry, told)));
  assert.equal(data.required?.includes('top'), false);
  for (const schema of [data, publicSchema(registry, 'rejections', 'no')]) {
    assert.doesNotMatch(JSON.stringify(schema), /"(key|worth|whose|hidden|when)":/);
    assert.match(JSON.stringify(schema), /"open":/);
  }
  assert.equal(data.properties?.items?.maxItems, 0);
  const place = { type: 'object', properties: { kind: { type: 'string', const: 'b' } }, required: ['kind'] };
  assert.deepEqual(data.properties?.either?.oneOf?.at(1), place);
  const plain = publicSchema(registry, 'events', 'Plain');
  assert.equal(plain, messageSchemas(registry).events.Plain, 'where nothing is marked it is the same');
});

test('for the topics leaves less than everybody may see of one event: what a declaration names is left out, or all of it', () => {
  assert.deepEqual(integrationData(registry, told), publicData(registry, told));
  const partly = Partly({ n: 1, balance: 5n, mine: 2 });
  assert.deepEqual(publicData(registry, partly), { n: 1, balance: '5' });
  assert.deepEqual(integrationData(registry, partly), { n: 1 });
  assert.equal(integrationData(registry, Quiet({ n: 1 })), undefined);
  const reason = recordedReason([No], No({ things: [] }));
  assert.equal(
    integrationData(registry, Refused({ reason, deep: [] })),
    undefined,
    'a no, unless it says so',
  );
  const { properties = {}, required } = integrationSchema(registry, 'Partly') ?? {};
  assert.deepEqual([Object.keys(properties), required], [['n'], ['n']]);
  assert.equal(integrationSchema(registry, 'Quiet'), undefined);
  assert.equal(integrationSchema(registry, 'Refused'), undefined);
  assert.deepEqual(integrationSchema(registry, 'Told'), publicSchema(registry, 'events', 'Told'));
});

test('what any command can be told holds nothing marked: it goes where no catalogue is at hand', () => {
  for (const { code, schema } of commonRejections) {
    const text = JSON.stringify(jsonSchemas({ it: schema }));
    for (const mark of marks) assert.doesNotMatch(text, new RegExp(`"${mark}":true`), code);
  }
});

test('each mark is hidden for itself', () => {
  assert.deepEqual(hiding(), registry.encode(told));
  const withoutKeys = { open: 'o', worth: '7' };
  const { thing: seen, maybe, either, top, list } = hiding('capability');
  assert.deepEqual(
    { seen, maybe, either, top, list },
    {
      ...{ seen: withoutKeys, maybe: withoutKeys, either: { kind: 'b' }, top: '1' },
      list: [{ name: 'n', whose: 'w' }],
    },
  );
  assert.deepEqual(hiding('personal').list, [{ name: 'n' }]);
  assert.deepEqual(hiding('secret').record, { one: { n: 1 } });
});

test('the data itself is left as it is', () => {
  const before = structuredClone(told);
  publicData(registry, told);
  assert.deepEqual(told, before);
});

/** The value with another in the place of all that is marked. Walked by zod, where the redactor goes by JSON Schema. */
function planted(schema: z.ZodType, value: unknown, sentinel: (schema: z.ZodType) => unknown): unknown {
  if (value === undefined || value === null) return value;
  if (marks.some((mark) => isMarked(schema, mark))) return sentinel(schema);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return planted(schema.unwrap() as z.ZodType, value, sentinel);
  if (schema instanceof z.ZodArray)
    return (value as readonly unknown[]).map((item) => planted(schema.element as z.ZodType, item, sentinel));
  if (!(schema instanceof z.ZodObject)) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const own = schema.shape[name] as z.ZodType | undefined;
      return [name, own === undefined ? field : planted(own, field, sentinel)];
    }),
  );
}

test('of no event that was ever stored does anything marked leave for everybody', () => {
  const AMOUNT = 987_654_321_012n;
  const URL = 'https://sentinel.example/987654321012';
  const SEALED = { of: 'p-1', stream: 'x-1', eventId: 'e1', field: 'x', sealed: '987654321012' };
  let found = 0;
  for (const example of examples) {
    const event = platform.decode(placed(example));
    const declared = platform.events.get(event.type);
    assert.ok(declared);
    const data = planted(declared.schema, event.data, (schema) => {
      found += 1;
      const fits = [AMOUNT, URL, [], SEALED, {}].find((some) => z.safeEncode(schema, some as never).success);
      assert.ok(fits !== undefined, `${event.type} has something marked of another kind`);
      return fits;
    });
    const text = JSON.stringify(publicData(platform, { type: event.type, data: data as object }));
    assert.doesNotMatch(text, /987654321012/, event.type);
  }
  assert.ok(found > 5, `${found} marked values`);
});

test('of what is stored leaves what the schema names and nothing marks, whatever else was stored, however deep', () => {
  const metadata = examples[0]?.metadata;
  assert.ok(metadata);
  const leaving = (type: string, data: JsonObject) =>
    leavingOf(registry, { ...placed({ type, data, metadata }), stream: 'x-1' }).data;
  const stored = registry.encode(told);
  const spoilt = JSON.parse(
    JSON.stringify(stored, (_name, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? { ...value, sentinel: 'sentinel' }
        : value,
    ),
  ) as JsonObject;
  // Records and any JSON hold whatever they hold.
  const data = { ...spoilt, any: stored.any ?? null, record: stored.record ?? null };
  const left = leaving('Told', data);
  assert.deepEqual(left, integrationData(registry, told));
  assert.doesNotMatch(JSON.stringify(left), /sentinel/);
  assert.deepEqual(leaving('Partly', { n: 1, balance: '5', mine: 2, more: 'sentinel' }), { n: 1 });
  assert.equal(leaving('Quiet', { n: 1 }), undefined);
  for (const spoilt of [
    { n: 1, balance: '05', mine: 2 },
    { n: 1, balance: '5', mine: 'x' },
    { n: 1, balance: '5' },
  ])
    assert.throws(() => leaving('Partly', spoilt), z.ZodError, 'what does not leave has to fit, too');
  assert.throws(() => leaving('Quiet', { n: 'x' }), z.ZodError);
});
