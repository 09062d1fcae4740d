import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lastingDatabase } from '#engines/lasting-database.ts';

const folder = mkdtempSync(join(tmpdir(), 'annals-lasting-'));
after(() => rmSync(folder, { recursive: true }));

test('a file is made whole, opened as it was left, and refused where it is of something else or of a newer version', () => {
  const path = join(folder, 'notes.db');
  const notes = {
    id: 7,
    format: 2,
    tables: 'CREATE TABLE note (text TEXT) STRICT;',
    holds: 'notes',
    busyMs: 100,
  };
  const first = lastingDatabase(path, notes);
  first.exec("INSERT INTO note VALUES ('here')");
  first.close();
  const again = lastingDatabase(path, { ...notes, format: 3 });
  assert.equal(again.prepare('SELECT text FROM note').get()?.text, 'here');
  again.close();
  assert.throws(() => lastingDatabase(path, { ...notes, id: 8, holds: 'songs' }), /notes\.db holds no songs/);
  assert.throws(() => lastingDatabase(path, { ...notes, format: 1 }), /notes\.db is of a newer version/);
  assert.deepEqual(readdirSync(folder), ['notes.db'], 'whoever was refused holds nothing open');
});
