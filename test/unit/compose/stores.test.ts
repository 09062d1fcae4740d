import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { enginesBeside } from '#compose/engines.ts';
import { memoryStores, openReadStore, openStores, temporaryReadStore } from '#compose/stores.ts';
import { systemClock } from '#engines/clock/system.ts';

test('a history that cannot be closed leaves nothing else open, and is what is told', async () => {
  const stores = memoryStores();
  mock.method(stores.store, 'close', () => Promise.reject(new Error('the disk is gone')));
  const readStore = mock.method(stores.readStore, 'close', () => Promise.reject(new Error('and so is this')));
  await assert.rejects(stores.close(), /the disk is gone/);
  assert.equal(readStore.mock.callCount(), 1);
});

test('views that cannot be opened leave the history to whoever comes next', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-stores-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = { profile: 'embedded', folder } as const;
  const options = { clock: systemClock() };
  await (await openStores(at, options)).close();
  rmSync(join(folder, 'views.db'));
  mkdirSync(join(folder, 'views.db'));
  await assert.rejects(openStores(at, options), /views\.db is no file/);
  rmSync(join(folder, 'views.db'), { recursive: true });
  await (await openStores(at, options)).close();
});

test('a read store to compare with is gone when it is closed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-stores-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  const temporary = await temporaryReadStore({ profile: 'embedded', folder: '/not/looked/at' });
  assert.equal(readdirSync(folder).length, 1);
  await temporary.dispose();
  assert.deepEqual(readdirSync(folder), []);
});

test('only of what is wrong with the views themselves it is said that they may be deleted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-stores-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = { profile: 'embedded', folder } as const;
  await (await openStores(at, { clock: systemClock() })).close();
  mkdirSync(join(folder, 'provider.db'));
  const refused = /provider\.db is no file/;
  for (const opened of [openReadStore(at), enginesBeside({ folder, registry })])
    await assert.rejects(
      opened,
      (error: Error) => refused.test(error.message) && !/deleted/.test(error.message),
    );
  await assert.rejects(
    enginesBeside({ folder, named: '--data', registry }),
    /^UnusableError: --data cannot be used/,
  );
  rmSync(join(folder, 'provider.db'), { recursive: true });
  mkdirSync(join(folder, 'views.db-wal'));
  await assert.rejects(
    enginesBeside({ folder, registry }),
    /DATA_DIR cannot be used: .*views\.db-wal is no file/,
  );
});
