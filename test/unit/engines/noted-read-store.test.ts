import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { notedElsewhere, noteFileIn, noteReadStore } from '#engines/read-store/noted.ts';

const [here, alias, elsewhere] = [
  'mongodb://one/annals',
  'mongodb://one.example/annals',
  'mongodb://two/annals',
];

test('whoever writes a history notes its read store, which is known again by its place or by its name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-noted-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [one, two] = [memoryReadStore(), memoryReadStore()];
  assert.equal(await notedElsewhere(folder, here, one), undefined, 'nobody has noted any');
  await noteReadStore(folder, here, one);
  assert.equal(await notedElsewhere(folder, here, one), undefined);
  assert.equal(await notedElsewhere(folder, alias, one), undefined, 'the same under another address');
  assert.equal(await notedElsewhere(folder, here, two), undefined, 'the same place, emptied');
  assert.equal(await notedElsewhere(folder, elsewhere, two), here);
  assert.equal(await notedElsewhere(folder, elsewhere, undefined), here);
  await noteReadStore(folder, elsewhere, two);
  assert.equal(await notedElsewhere(folder, here, one), elsewhere, 'the last one counts');
  const noted = readFileSync(noteFileIn(folder), 'utf8');
  await noteReadStore(folder, elsewhere, two);
  assert.equal(readFileSync(noteFileIn(folder), 'utf8'), noted);
  writeFileSync(noteFileIn(folder), noted.slice(0, 10));
  assert.equal(
    await notedElsewhere(folder, here, one),
    undefined,
    'a note that cannot be read warns of nothing',
  );
  await noteReadStore(folder, elsewhere, two);
  assert.equal(await notedElsewhere(folder, here, one), elsewhere);
});
