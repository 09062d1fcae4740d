import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { personKeysOf } from '#compose/person-keys.ts';
import { memoryStores } from '#compose/stores.ts';
import { readConfig } from '#config';
import { systemClock } from '#engines/clock/system.ts';
import { EXIT, exitCodeOf } from '#exit';
import { metadata } from '#test/support/given.ts';

const clock = systemClock();

test('the keys of a history that has people are taken for lost in no silence, and a file without keys comes of an empty history alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = readConfig({ DATA_DIR: folder });
  const empty = memoryStores({ clock }).store;
  const { store } = memoryStores({ clock });
  const registered = {
    eventId: '0198c0de-0000-7000-8000-000000000001',
    type: 'Registered',
    data: {},
    metadata,
  };
  await store.append('account-p-1', 'any', [registered]);
  await assert.rejects(personKeysOf(store, config, clock), (error: Error) => {
    assert.match(error.message, /keys\.db is missing, and the history has accounts.*with an empty history/);
    assert.equal(exitCodeOf(error), EXIT.unusable);
    return true;
  });

  // A file of no bytes is none of keys.
  const file = join(folder, 'keys.db');
  await writeFile(file, '');
  const none = await personKeysOf(store, config, clock);
  await assert.rejects(async () => none.find(['p-1']), {
    code: 'unavailable',
    message: /holds no keys of people/,
  });
  await none.close();
  for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });

  // What the message says helps.
  const first = await personKeysOf(empty, config, clock);
  assert.equal((await first.find(['p-1'])).size, 0);
  await first.close();
  const later = await personKeysOf(store, config, clock);
  assert.equal((await later.find(['p-1'])).size, 0);
  assert.equal((await later.make(['p-2'])).size, 1);
  await later.close();
});
