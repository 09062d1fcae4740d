import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#domain/kernel/instant.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { temporarySealing } from '#engines/sealing.ts';
import { memorySignIns } from '#engines/sign-ins/memory.ts';
import { keeping } from '#write-side/accounts/provider/keeping.ts';
import type { RecordedSessions } from '#write-side/accounts/provider/sessions.ts';
import type { ProviderOptions } from '#write-side/accounts/provider/surroundings.ts';

const START_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;

/** What the provider keeps, by a clock that stands until it is moved; how often it was written. */
function given() {
  let nowMs = START_MS;
  let writes = 0;
  const rows = memorySignIns('one');
  const take: typeof rows.take = (...asked) => {
    writes += 1;
    return rows.take(...asked);
  };
  const options = {
    ...{ store: { ...rows, take }, sealing: temporarySealing(), log: noLog },
    clock: { now: () => instant(nowMs) },
  } as unknown as ProviderOptions;
  const sessions = { isOpen: async () => true } as unknown as RecordedSessions;
  return {
    kept: keeping(options, sessions),
    writes: () => writes,
    passes: (minutes: number) => {
      nowMs += minutes * MINUTE_MS;
    },
  };
}
const atMinute = (minutes: number) => instant(START_MS + minutes * MINUTE_MS);

test('a session was last used when somebody came by it, which is written once in ten minutes', async () => {
  const { kept, writes, passes } = given();
  assert.equal(await kept.lastUsed('uid'), undefined);
  for (let pages = 0; pages < 9; pages += 1) {
    await kept.used('uid');
    passes(1);
  }
  assert.deepEqual([await kept.lastUsed('uid'), writes()], [atMinute(0), 1]);
  passes(1);
  await kept.used('uid');
  assert.deepEqual([await kept.lastUsed('uid'), writes()], [atMinute(10), 2]);
  assert.equal(await kept.lastUsed('other'), undefined);
});

test('it was used by a system that has its token renewed, and that is no write more', async () => {
  const { kept, writes, passes } = given();
  const refreshed = (token: string) =>
    kept.adapter('RefreshToken').upsert(token, { accountId: 'ann', sessionUid: 'uid', grantId: 'g' }, 60);
  await refreshed('one');
  passes(3);
  await refreshed('two');
  assert.deepEqual([await kept.lastUsed('uid'), writes()], [atMinute(3), 2]);
  await kept.adapter('AuthorizationCode').upsert('c', { accountId: 'ann', sessionUid: 'late' }, 60);
  assert.equal(await kept.lastUsed('late'), undefined);
  await kept.forget('uid');
  assert.equal(await kept.lastUsed('uid'), undefined, 'it goes with the session');
});
