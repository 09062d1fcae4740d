import assert from 'node:assert/strict';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';
import { idsOf, lots, put, removeFolders, temporaryFolder, write } from '#test/support/lots-read.ts';

describe('read store: sqlite alone', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(removeFolders);

  it('is there after a restart, and another process sees it', async () => {
    const first = openSqliteReadStore({ folder });
    await first.documents.declare(lots);
    await put(first, [write('a', 1n, { state: 'open' })]);
    const second = openSqliteReadStore({ folder });
    assert.deepEqual(await idsOf(second, { filter: { state: 'open' }, limit: 1 }), ['a']);
    await second.documents.drop(lots.name);
    await assert.rejects(first.documents.find(lots.name, { limit: 1 }), NoSuchCollectionError);
    await first.close();
    await second.close();
  });

  for (const [what, damage] of [
    [
      'damaged',
      (path: string) => writeFileSync(path, 'this is no database, whatever its name may say'.repeat(99)),
    ],
    [
      'of a newer version',
      (path: string) => {
        const database = new DatabaseSync(path);
        database.exec('PRAGMA user_version = 99');
        database.close();
      },
    ],
  ] as const)
    it(`sets a file aside that is ${what}, and begins anew`, async () => {
      const path = join(temporaryFolder(), 'views.db');
      const inFolder = join(path, '..');
      damage(path);
      const store = openSqliteReadStore({ folder: inFolder });
      await store.documents.declare(lots);
      await put(store, [write('a', 1n, { state: 'open' })]);
      assert.ok(readdirSync(inFolder).includes('views.db.set-aside-1'));
      await store.close();
    });

  it('names what SQLite fails with as a store that cannot be read, whatever is read', async () => {
    const store = openSqliteReadStore({ folder });
    await store.documents.declare(lots);
    const database = new DatabaseSync(join(folder, 'views.db'));
    const tables = ['documents_1', 'parked_positions', 'parked', 'consumers', 'settings', 'snapshots'];
    for (const table of tables) database.exec(`DROP TABLE ${table}`);
    database.close();
    const reads = {
      get: () => store.documents.get(lots.name, ['a']),
      find: () => store.documents.find(lots.name, { limit: 1 }),
      scan: () => store.documents.scan(lots.name, undefined, 1),
      checkpoint: () => store.consumers.checkpoint('view:lots'),
      consumers: () => store.consumers.all(),
      parked: () => store.consumers.parked(),
      isParked: () => store.consumers.isParked('view:lots', 'a'),
      setting: () => store.settings.get('one'),
      readSnapshot: () => store.snapshots.read('lot-a'),
      snapshot: () => store.atOneMoment((at) => at.settings.get('one')),
    };
    for (const [name, read] of Object.entries(reads)) await assert.rejects(read, ReadStoreError, name);
    const { address, state, errors, lastError } = store.standing();
    assert.equal(address, 'sqlite:views.db');
    assert.deepEqual([state, errors], ['down', Object.keys(reads).length]);
    assert.equal(lastError?.message, `${address}: no such table: settings`);
    await store.close();
  });

  it('names a file that is gone as a store that cannot be read', async () => {
    const store = openSqliteReadStore({ folder });
    renameSync(join(folder, 'views.db'), join(folder, 'elsewhere.db'));
    await assert.rejects(
      store.atOneMoment(async () => undefined),
      ReadStoreError,
    );
    await store.close();
  });

  it('is down while it cannot be written, and up again once it can', async () => {
    const store = openSqliteReadStore({ folder });
    const database = new DatabaseSync(join(folder, 'views.db'));
    database.exec('ALTER TABLE settings RENAME TO elsewhere');
    await assert.rejects(store.settings.put('one', '1'));
    const { address, state, lastError } = store.standing();
    assert.equal(state, 'down');
    assert.equal(lastError?.message, `${address}: no such table: settings`);
    assert.deepEqual(await store.consumers.all(), []);
    assert.equal(store.standing().state, 'down', 'that it can be read is not enough');
    database.exec('ALTER TABLE elsewhere RENAME TO settings');
    database.close();
    await store.settings.put('one', '1');
    assert.deepEqual(store.standing(), { ...{ address, state: 'up', errors: 1 }, lastError });
    await store.close();
  });

  it('uses the declared indexes for filters and for order', async () => {
    const store = openSqliteReadStore({ folder });
    await store.documents.declare(lots);
    const database = new DatabaseSync(join(folder, 'views.db'));
    const { selectionOf } = await import('#engines/read-store/sqlite/sql.ts');
    const { parseQuery } = await import('#engines/read-store/query.ts');
    const sort = [{ field: 'price.amount', direction: 'descending' }] as const;
    const query = parseQuery({ filter: { state: 'open' }, sort, limit: 10 }, lots);
    const { sql, values } = selectionOf('documents_1', query, new Set());
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values, 10);
    assert.match(JSON.stringify(plan), /SEARCH documents_1 USING INDEX documents_1_/);
    database.close();
    await store.close();
  });
});
