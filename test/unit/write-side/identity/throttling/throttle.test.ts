import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AttemptStore } from '#domain/kernel/ports/attempts.ts';
import { sqliteAttempts } from '#engines/attempts/sqlite.ts';
import { type Secret, throttle } from '#write-side/identity/throttling/throttle.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const key = new Uint8Array(32).fill(7);
const HERE = '192.0.2.1';
const THERE = '198.51.100.7';

/** A throttle over real counts, with a clock to be moved and what came to be verified. */
function given(store: AttemptStore = sqliteAttempts(':memory:')) {
  let nowMs = Date.UTC(2026, 2, 1);
  const of = throttle({ store, clock: { now: () => new Date(nowMs).toISOString() }, key });
  let verified = 0;

  /** `yes`, `no`, or the milliseconds to wait. */
  async function tried(account: string, address: string, right = false, secret: Secret = 'password') {
    const outcome = await of.attempt({ secret, account, address }, async () => {
      verified += 1;
      return right ? 'yes' : undefined;
    });
    if (outcome === undefined) return 'no';
    if (outcome === 'yes') return 'yes';
    assert.equal(outcome.code, 'too_many_attempts');
    return (outcome.details as { retryAfterMs: number }).retryAfterMs;
  }
  async function wrong(times: number, account: string, address: string, secret: Secret = 'password') {
    for (let time = 0; time < times; time++) assert.equal(await tried(account, address, false, secret), 'no');
  }
  return {
    of,
    store,
    tried,
    wrong,
    pass: (ms: number) => {
      nowMs += ms;
    },
    verified: () => verified,
  };
}

/** Wrong attempts on one account, each dozen from an address of its own: as many as its day lets through. */
async function useUpDay(all: ReturnType<typeof given>, account: string, secret: Secret = 'password') {
  for (let at = 0; at < 10; at++) await all.wrong(10, account, `203.0.113.${at}`, secret);
}

test('of fifty at a time all are counted, and what is beyond the limit is not even verified', async () => {
  const { tried, verified } = given();
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => tried('ann', HERE)));
  assert.equal(outcomes.filter((outcome) => outcome === 'no').length, 10);
  assert.equal(outcomes.filter((outcome) => outcome === 15 * MINUTE_MS).length, 40);
  assert.equal(verified(), 10);
  assert.equal(await tried('ann', HERE, true), 15 * MINUTE_MS, 'the right one too');
  assert.equal(await tried('bob', HERE, true), 'yes', 'others are not affected');
  assert.equal(await tried('ann', THERE, true), 'yes', 'nor is the person elsewhere');
});

test('the wait is what is left of the window, and ends', async () => {
  const { tried, wrong, pass } = given();
  await wrong(10, 'ann', HERE);
  pass(10 * MINUTE_MS);
  assert.equal(await tried('ann', HERE), 5 * MINUTE_MS);
  pass(5 * MINUTE_MS - 1);
  assert.equal(await tried('ann', HERE), 1);
  pass(1);
  await wrong(10, 'ann', HERE);
  assert.equal(await tried('ann', HERE), 15 * MINUTE_MS);
});

test('a success forgives what failed of this account at this address', async () => {
  const { tried, wrong } = given();
  await wrong(9, 'ann', HERE);
  await wrong(10, 'bob', HERE);
  assert.equal(await tried('ann', HERE, true), 'yes');
  await wrong(10, 'ann', HERE);
  assert.equal(await tried('ann', HERE), 15 * MINUTE_MS);
  assert.equal(await tried('bob', HERE), 15 * MINUTE_MS, 'but of no other');
});

test('one address is slowed down whatever the accounts, of IPv6 by what a subscriber has', async () => {
  for (const from of [() => HERE, (at: number) => `2001:db8:0:1::${at.toString(16)}`]) {
    const all = given();
    for (let at = 0; at < 100; at++) assert.equal(await all.tried(`person ${at}`, from(at)), 'no');
    assert.equal(await all.tried('somebody', from(999)), 15 * MINUTE_MS);
    assert.equal(await all.tried('somebody', '2001:db8:0:2::1'), 'no', 'another network');
  }
});

test('whoever guesses behind a shared address keeps out nobody who has been let in there', async () => {
  const all = given();
  assert.equal(await all.tried('ann', HERE, true), 'yes');
  for (let at = 0; at < 100; at++) await all.tried(`person ${at}`, HERE);
  assert.equal(await all.tried('bob', HERE, true), 15 * MINUTE_MS, 'who was never here waits');
  await all.wrong(9, 'ann', HERE);
  assert.equal(await all.tried('ann', HERE, true), 'yes');
  await all.wrong(10, 'ann', HERE);
  assert.equal(await all.tried('ann', HERE, true), 15 * MINUTE_MS, 'their own count stands');
});

test('who signs in uses up nothing: an office may have one address', async () => {
  const { tried } = given();
  for (let at = 0; at < 300; at++) assert.equal(await tried(`person ${at}`, HERE, true), 'yes');
  for (let at = 0; at < 300; at++) assert.equal(await tried('ann', HERE, true), 'yes');
});

test('behind a hundred a day an account is slow, and not locked', async () => {
  const all = given();
  await useUpDay(all, 'ann');
  assert.equal(await all.tried('ann', THERE), 'no', 'one each minute');
  assert.equal(await all.tried('ann', THERE), MINUTE_MS);
  assert.equal(await all.tried('ann', '203.0.113.99'), MINUTE_MS, 'from wherever');
  assert.equal(await all.tried('bob', THERE), 'no');
  all.pass(MINUTE_MS);
  assert.equal(await all.tried('ann', '203.0.113.98', true), 'yes', 'the person gets in');
  all.pass(DAY_MS);
  await all.wrong(10, 'ann', THERE);
});

test('a botnet has so many guesses a day, however many addresses', async () => {
  const all = given();
  let guesses = 0;
  for (let minute = 0; minute < 300; minute++) {
    for (let at = 0; at < 5; at++)
      if ((await all.tried('ann', `10.0.${minute % 256}.${at}`)) === 'no') guesses += 1;
    all.pass(MINUTE_MS);
  }
  // Five a minute until the hundred are used up, which is in minute twenty, and then one.
  assert.equal(guesses, 100 + 280);
});

test('no stranger uses up the day of a person where they have been let in', async () => {
  const all = given();
  assert.equal(await all.tried('ann', HERE, true), 'yes');
  await useUpDay(all, 'ann');
  assert.equal(await all.tried('ann', THERE), 'no');
  assert.equal(await all.tried('ann', THERE), MINUTE_MS);
  await all.wrong(9, 'ann', HERE);
  assert.equal(await all.tried('ann', HERE, true), 'yes');
  all.pass(29 * DAY_MS);
  await useUpDay(all, 'ann');
  await all.wrong(9, 'ann', HERE);
  all.pass(2 * DAY_MS);
  await useUpDay(all, 'ann');
  assert.equal(await all.tried('ann', HERE), 'no', 'it was long ago');
  assert.equal(await all.tried('ann', HERE), MINUTE_MS);
});

test('whoever comes back in time stays known', async () => {
  const all = given();
  for (let visit = 0; visit < 2; visit++) {
    assert.equal(await all.tried('ann', HERE, true), 'yes');
    all.pass(20 * DAY_MS);
  }
  await useUpDay(all, 'ann');
  await all.wrong(10, 'ann', HERE);
});

test('there too a day has its hundred', async () => {
  const all = given();
  await all.tried('ann', HERE, true);
  for (let round = 0; round < 10; round++) {
    await all.wrong(10, 'ann', HERE);
    all.pass(15 * MINUTE_MS);
  }
  assert.equal(await all.tried('ann', HERE), 'no');
  assert.equal(await all.tried('ann', HERE), MINUTE_MS);
});

test('second factors are counted, together, and a right password does not forgive them', async () => {
  const { tried, wrong, verified } = given();
  await wrong(4, 'ann', HERE, 'totp');
  assert.equal(await tried('ann', HERE, true, 'password'), 'yes');
  await wrong(3, 'ann', HERE, 'passkey');
  assert.equal(await tried('ann', HERE, true, 'password'), 'yes');
  await wrong(3, 'ann', HERE, 'recoveryCode');
  const before = verified();
  for (const secret of ['totp', 'passkey', 'recoveryCode'] as const)
    assert.equal(await tried('ann', HERE, true, secret), 15 * MINUTE_MS);
  assert.equal(verified(), before);
  assert.equal(await tried('ann', HERE, true, 'password'), 'yes');
});

test('whoever has the password has few guesses at a code', async () => {
  const all = given();
  await useUpDay(all, 'ann', 'totp');
  assert.equal(await all.tried('ann', THERE, false, 'totp'), 'no');
  assert.equal(await all.tried('ann', THERE, false, 'recoveryCode'), 15 * MINUTE_MS);
});

test('accounts are told apart by their names alone, in whatever spelling', async () => {
  const { tried, wrong } = given();
  await wrong(5, 'Ann@Example.org', HERE);
  await wrong(5, 'ａnn@example.org', HERE);
  assert.equal(await tried('ann@example.org', HERE), 15 * MINUTE_MS);
  assert.equal(await tried('ann@example.or', HERE), 'no');
});

test('what could not be verified is not counted', async () => {
  const { of, tried, wrong } = given();
  for (let time = 0; time < 300; time++)
    await assert.rejects(
      of.attempt({ secret: 'password', account: 'ann', address: HERE }, () =>
        Promise.reject(new Error('full')),
      ),
      /full/,
    );
  await wrong(10, 'ann', HERE);
  assert.equal(await tried('ann', HERE), 15 * MINUTE_MS);
});

test('a restart forgives nobody, and no name or address is in the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-throttle-'));
  try {
    const file = join(folder, 'attempts.db');
    const before = given(sqliteAttempts(file));
    await before.wrong(10, 'ann.lindqvist', HERE);
    before.store.close();
    const behind = given(sqliteAttempts(file));
    assert.equal(await behind.tried('ann.lindqvist', HERE), 15 * MINUTE_MS);
    const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    assert.ok(
      bytes.some((each) => each.includes('pair:')),
      'it is there, under another name',
    );
    assert.ok(bytes.every((each) => !each.includes('lindqvist') && !each.includes(HERE)));
    behind.store.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
