import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SignInStore } from '#domain/kernel/ports/sign-in-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { type MemoryRows, memorySignIns } from '#engines/sign-ins/memory.ts';
import { SignInDatabase } from '#engines/sign-ins/sqlite/database.ts';
import { sqliteSignIns } from '#engines/sign-ins/sqlite/store.ts';
import { alwaysUp } from '#engines/standing.ts';
import { dataFolder } from '#test/support/booted.ts';
import { signInStoreSuite } from './suite.ts';

const limits = { rows: 10, forgotten: 2 };

signInStoreSuite('memory', async () => {
  const rows: MemoryRows = new Map();
  return { open: (process) => memorySignIns(process, rows, limits) };
});

/** Without its thread: what the thread adds is tried below. */
function opened(path: string, process: string): SignInStore {
  const db = new SignInDatabase(path, process, limits);
  return {
    find: async (...asked) => db.find(...asked),
    findByAlias: async (...asked) => db.findByAlias(...asked),
    take: async (...asked) => db.take(...asked),
    answered: async (spent) => db.answered(spent),
    destroy: async (...asked) => db.destroy(...asked),
    destroyAll: async (of) => db.destroyAll(of),
    sweep: async (nowMs) => db.sweep(nowMs),
    standing: alwaysUp('sqlite:'),
    close: async () => db.close(),
  };
}
signInStoreSuite('sqlite', async () => {
  const path = join(await dataFolder(), 'sign-ins.db');
  return { open: (process) => opened(path, process) };
});

const row = { kind: 'session', id: 'a-name', sealed: 'a-sealed-text', endsAtMs: 2_000 };

test('what is kept outlives the process, and what is deleted is not in the file any more', async () => {
  const path = join(await dataFolder(), 'sign-ins.db');
  const { now } = systemClock();
  const first = sqliteSignIns(path, 'first', now);
  await first.take({ put: [row] }, 1_000);
  await first.close();
  const second = sqliteSignIns(path, 'second', now);
  assert.equal((await second.find('session', 'a-name', 1_000))?.sealed, 'a-sealed-text');
  await second.destroy('session', 'a-name');
  await second.close();
  assert.ok(!(await readFile(path)).includes('a-sealed-text'));
});

test('a file of something else is refused, named and never written over', async () => {
  const path = join(await dataFolder(), 'sign-ins.db');
  await writeFile(path, 'letters to a friend');
  const store = sqliteSignIns(path, 'one', systemClock().now);
  await assert.rejects(store.take({ put: [row] }, 1_000), { code: 'unavailable', message: /sign-ins\.db/ });
  assert.equal(store.standing().state, 'down');
  await store.close();
  assert.equal(await readFile(path, 'utf8'), 'letters to a friend');
});
