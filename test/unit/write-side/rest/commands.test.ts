import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reply } from '#domain/kernel/envelope.ts';
import { money } from '#domain/kernel/money.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { readToken } from '#domain/kernel/token.ts';
import { openBells, rungAs, TooSoft } from './bells.ts';

const ring = '/commands/bells/ring-bell';
const body = JSON.stringify({ bell: '1', fee: { amount: '250', currency: 'USD' } });
const heard = { from: [{ name: 'bob', whisper: 'psst' }] };
const rung = rungAs({ by: 'ann', fee: money(250n, 'USD'), whisper: 'psst', heard });
const told = {
  type: 'Rung',
  data: { by: 'ann', fee: { amount: '250', currency: 'USD' }, heard: { from: [{ name: 'bob' }] } },
};
const jsonOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

test('an accepted command: its id, its token, its events as JSON without what is secret', async () => {
  const { post, asked } = await openBells(({ commandId }) => ({
    outcome: 'accepted',
    commandId,
    stream: 'bell-1',
    position: rung.position,
    events: [rung],
  }));
  const response = await post(ring, body, { 'Idempotency-Key': 'my-key' });
  const { token, ...reply } = await jsonOf(response);
  assert.equal(response.status, 200);
  assert.deepEqual(reply, {
    outcome: 'accepted',
    commandId: 'my-key',
    stream: 'bell-1',
    events: [told],
  });
  assert.equal(readToken('e1', String(token)), rung.position);
  assert.deepEqual(asked, [
    {
      command: 'RingBell',
      data: JSON.parse(body),
      commandId: 'my-key',
      actor: { id: 'ann', roles: ['bidder'], reputation: 0 },
      steppedUp: false,
      origin: { channel: 'http', address: '127.0.0.1' },
    },
  ]);
});

test('a decision without events has no token, a pending one is 202, and each request without a key has its own id', async () => {
  const { post } = await openBells(({ commandId }) => ({
    outcome: 'pending',
    commandId,
    stream: 'bell-1',
    position: undefined,
    events: [],
  }));
  const [first, second] = [await post(ring, body), await post(ring, body)];
  assert.equal(first.status, 202);
  const [one, two] = [await jsonOf(first), await jsonOf(second)];
  assert.deepEqual(Object.keys(one), ['outcome', 'commandId', 'stream', 'events']);
  assert.notEqual(one.commandId, two.commandId);
});

test('nothing marked leaves with an answer, however deep: of its events, its decision, its details', async () => {
  const made = { commandId: 'c', stream: 'bell-1', position: rung.position, events: [rung] };
  const least = money(5n, 'USD');
  const rejection = TooSoft({ least, heard });
  const stored = {
    rejected: true as const,
    code: TooSoft.code,
    message: 'Then.',
    details: { earlier: 1, heard },
  };
  const left = { from: [{ name: 'bob' }] };
  const cases: readonly (readonly [Reply, object])[] = [
    [
      { outcome: 'accepted', ...made, decision: rung },
      { events: [told], decision: told },
    ],
    [{ outcome: 'pending', ...made }, { events: [told] }],
    [
      { outcome: 'rejected', ...made, rejection },
      { details: { least: { amount: '5', currency: 'USD' }, heard: left } },
    ],
    // Recorded when the catalogue said something else of it.
    [{ outcome: 'rejected', ...made, rejection: stored }, { details: { earlier: 1, heard: left } }],
  ];
  for (const [reply, expected] of cases) {
    const { post } = await openBells(() => reply);
    const answer = await jsonOf(await post(ring, body));
    assert.deepEqual({ ...answer, ...expected }, answer);
    assert.doesNotMatch(JSON.stringify(answer), /psst/);
  }
});

test('a rejection has the status of the catalogue; a recorded one, whose details are JSON already, reads the same', async () => {
  const wire = {
    code: 'too_soft',
    message: 'Ring louder.',
    details: { least: { amount: '5', currency: 'USD' } },
  };
  for (const rejection of [TooSoft({ least: money(5n, 'USD') }), { rejected: true as const, ...wire }]) {
    const { post } = await openBells(({ commandId }) => ({
      outcome: 'rejected',
      commandId,
      rejection,
      position: 7n,
      events: [],
    }));
    const response = await post(ring, body, { 'Idempotency-Key': 'k' });
    const { token, ...answer } = await jsonOf(response);
    assert.equal(response.status, 422);
    assert.deepEqual(answer, { ...wire, commandId: 'k' });
    assert.equal(readToken('e1', String(token)), 7n);
  }
});

test('where waiting helps, Retry-After says how long in whole seconds', async () => {
  const { post } = await openBells(({ commandId }) => ({
    outcome: 'rejected',
    commandId,
    rejection: Overloaded({ retryAfterMs: 1_001 }),
    position: undefined,
    events: [],
  }));
  const response = await post(ring, body);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('Retry-After'), '2');
});

test('what cannot be a command never reaches the pipeline', async () => {
  const { post, asked } = await openBells(() => assert.fail('dispatched'));
  const cases: readonly (readonly [number, string, string, string | Buffer, Record<string, string>?])[] = [
    [404, 'not_found', '/commands/bells/mute-bell', body],
    [404, 'not_found', '/commands/bells/RingBell', body],
    [404, 'not_found', '/commands/bells/constructor', body],
    [404, 'not_found', '/commands/whistles/ring-bell', body],
    [401, 'unauthenticated', ring, body, { Authorization: 'Bearer bob' }],
    [400, 'invalid', ring, '{"bell":'],
    [400, 'invalid', ring, ''],
    [400, 'invalid', ring, Buffer.from([0x22, 0xff, 0x22])],
    [400, 'invalid', ring, `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    [400, 'invalid', ring, body, { 'Idempotency-Key': 'x'.repeat(65) }],
    [400, 'invalid', ring, body, { 'Idempotency-Key': 'a b' }],
    [415, 'invalid', ring, body, { 'Content-Encoding': 'gzip' }],
    [415, 'invalid', ring, body, { 'Content-Type': 'text/plain' }],
    [413, 'invalid', ring, ' '.repeat(128 * 1024 + 1)],
  ];
  for (const [status, code, path, sent, headers] of cases) {
    const response = await post(path, sent, headers);
    const answer = await jsonOf(response);
    assert.deepEqual([response.status, answer.code], [status, code], `${path} ${String(sent).slice(0, 40)}`);
    assert.deepEqual(Object.keys(answer), ['code', 'message', 'details']);
  }
  assert.deepEqual(asked, []);
});

test('keys of the prototype travel as data for the schema to refuse, and change nobody', async () => {
  const { post, asked } = await openBells(({ commandId }) => ({
    outcome: 'accepted',
    commandId,
    stream: 'bell-1',
    position: undefined,
    events: [],
  }));
  await post(ring, '{"__proto__":{"admin":true},"bell":"1"}');
  assert.deepEqual(Object.keys(asked[0]?.data ?? {}), ['__proto__', 'bell']);
  assert.equal(({} as { admin?: boolean }).admin, undefined);
});

test('what fails inside is reported with the reference that the caller gets, and nothing more', async () => {
  const { post, reported } = await openBells(() => {
    throw new Error('the vault is at /secret');
  });
  const response = await post(ring, body, { 'X-Request-Id': 'r-1' });
  assert.equal(response.status, 500);
  assert.deepEqual((await jsonOf(response)).details, { reference: 'r-1' });
  assert.match(String(reported[0]), /the vault/);
});
