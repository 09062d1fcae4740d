import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { registry } from '#compose/contexts.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { MinorUnits, PositiveMinorUnits, PositiveSum, SignedSum, Sum } from '#domain/kernel/money.ts';
import { integrationData, leavingOf } from '#domain/kernel/redaction.ts';
import { examples, placed } from '#test/support/stored-examples.ts';

// What leaves is picked out of what is stored where it can be; it is what reading and writing by the schema would have left, and whatever
// reading refuses is refused.

type Place = readonly (string | number)[];

/** Every place in a value. */
function placesIn(value: unknown, path: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, part]) => placesIn(part, [...path, name]))];
}

/** The value with another at a place; undefined takes the place away. */
function changed(value: unknown, [step, ...rest]: Place, change: (old: unknown) => unknown): unknown {
  if (step === undefined) return change(value);
  // An earlier change may have taken the place away.
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item, at) => (String(at) === step ? changed(item, rest, change) : item));
    return items.filter((item) => item !== undefined);
  }
  const fields = Object.entries(value as object).map(([name, part]) => [
    name,
    name === step ? changed(part, rest, change) : part,
  ]);
  return Object.fromEntries(fields.filter(([, part]) => part !== undefined));
}

const isBag = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const amount = fc.oneof(
  fc.stringMatching(/^-?[0-9]{1,38}$/),
  fc.constantFrom('0', '-0', '00', '999999999999999999', '1000000000000000000', '1.5', '1e3', ' 1', '1\n'),
);
const time = fc.constantFrom(
  ...[
    '2026-03-01T13:00:00+01:00',
    '2026-03-01T12:00Z',
    '2026-03-01T12:00:00.000Z',
    '2026-02-30T12:00:00.000Z',
  ],
  ...['9999-12-31T23:59:59.999-01:00', '2026-03-01T12:00:00.0000Z', '2026-03-01T24:00:00.000Z'],
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', ' ', 'x'.repeat(64), 'x'.repeat(65), '🕰'.repeat(64), '\ud800', 'a\u0000b', 'USD'),
);
const another = fc.oneof(
  amount,
  time,
  text,
  fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
  fc.constantFrom<unknown>([], {}, undefined),
);
const change = fc.oneof(
  another.map((value) => () => value),
  another.map(
    (value) => (old: unknown) => (isBag(old) ? { ...old, nobodyKnows: value, constructor: 1 } : value),
  ),
  another.map(
    (value) => (old: unknown) =>
      isBag(old) ? Object.fromEntries([...Object.entries(old), ['__proto__', value]]) : old,
  ),
  fc.constant((old: unknown) => (Array.isArray(old) ? [...old, ...old] : [old])),
  fc.constant((old: unknown) => (typeof old === 'string' ? old.toUpperCase() : old)),
  fc.constant((old: unknown) => (typeof old === 'string' ? `${old}0` : 7)),
  fc.constant((old: unknown) =>
    isBag(old)
      ? Object.fromEntries(Object.entries(old).toReversed())
      : Array.isArray(old)
        ? old.slice(1)
        : old,
  ),
);

/** What leaves, as text; or the name of what was thrown. */
function outcome(leaving: () => JsonObject | undefined): string | undefined {
  try {
    return JSON.stringify(leaving());
  } catch (error) {
    return (error as Error).name;
  }
}
const byReading = (stored: StoredEvent) =>
  outcome(() => integrationData(registry, registry.decode({ ...stored })));
const byPicking = (stored: StoredEvent) => outcome(() => leavingOf(registry, { ...stored }).data);

test('of every event that was ever stored the same leaves, byte by byte, whether it is read or picked out', () => {
  let left = 0;
  for (const example of examples) {
    const stored = placed(example);
    assert.equal(byPicking(stored), byReading(stored), example.type);
    if (byPicking(stored)?.startsWith('{')) left += 1;
  }
  assert.ok(left > 40, `${left} leave`);
});

test('whatever is stored in its place: the same leaves, or it is refused alike', () => {
  const seen = { left: 0, refused: 0 };
  for (const example of examples) {
    const inside = placesIn(example.data);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: inside.length - 1 }), change), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const data = changes.reduce<unknown>((value, [at, make]) => {
            const place = inside[at] ?? [];
            return place.length === 0 && !isBag(make(value)) ? value : changed(value, place, make);
          }, example.data);
          const stored = placed({ ...example, data: data as JsonObject });
          const read = byReading(stored);
          assert.equal(byPicking(stored), read, `${example.type} ${JSON.stringify(data)}`);
          if (read?.startsWith('{')) seen.left += 1;
          else seen.refused += 1;
        },
      ),
      { numRuns: Number(process.env.ANNALS_RUNS ?? 60) },
    );
  }
  assert.ok(seen.left > 500 && seen.refused > 500, JSON.stringify(seen));
});

test('metadata that does not fit keeps an event back as it does where it is read', () => {
  for (const example of examples.slice(0, 5))
    for (const metadata of [
      { ...example.metadata, actor: 7 },
      { ...example.metadata, version: 1_000 },
      { ...example.metadata, origin: { channel: 'pigeon' } },
    ]) {
      const stored = placed({ ...example, metadata });
      assert.match(byReading(stored) ?? '', /Error$/);
      assert.equal(byPicking(stored), byReading(stored));
    }
});

test('what is said to be written as it was read is', () => {
  for (const codec of [MinorUnits, PositiveMinorUnits, Sum, PositiveSum, SignedSum, Instant] as const)
    fc.assert(
      fc.property(fc.oneof(amount, time), (text) => {
        const read = codec.safeDecode(text);
        if (!read.success || (codec === Instant && text.length !== '2026-03-01T12:00:00.000Z'.length)) return;
        assert.equal(codec.encode(read.data as never), text);
      }),
    );
});
