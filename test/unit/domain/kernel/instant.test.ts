import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instant } from '#domain/kernel/instant.ts';

const times: readonly (readonly [written: string, read: string])[] = [
  ['2026-03-01T12:00:00.000Z', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T12:00Z', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T13:00+01:00', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T13:00:00+01:00', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T06:30:00-05:30', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T00:00:00.123456789+02:00', '2026-02-28T22:00:00.123Z'],
  // Where an offset leads out of the years that the form has, their end is left.
  ['9999-12-31T23:30:00-01:00', '9999-12-31T23:59:59.999Z'],
  ['0000-01-01T00:30:00+01:00', '0000-01-01T00:00:00.000Z'],
];
for (const [written, read] of times)
  test(`${written} is a time`, () => {
    assert.equal(Instant.decode(written), read);
    assert.equal(Instant.encode(read), read);
  });

for (const no of [
  '2026-03-01',
  '2026-03-01T12:00',
  '2026-03-01T12:00:00',
  '2026-03-01T12Z',
  '2026-03-01T24:00Z',
  '2026-03-01T12:00.5Z',
  '2026-02-30T12:00:00Z',
  '2026-03-01 12:00:00Z',
  '12:00Z',
  '',
])
  test(`'${no}' is none: it does not say which moment`, () =>
    assert.equal(Instant.safeDecode(no).success, false));
