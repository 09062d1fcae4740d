import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { wallClock } from '#engines/clock/wall.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';
import { writingTo } from '#engines/read-store/sqlite/writing.ts';
import { watched } from '#engines/standing.ts';

it('tells those who wait when the writing thread dies, and whoever asks next gets another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-writing-'));
  const [file, aside] = [join(folder, 'views.db'), join(folder, 'aside.db')];
  await openSqliteReadStore({ folder }).close();
  const writing = writingTo(file, watched(`sqlite:${file}`, wallClock()));
  try {
    // What stands in its place cannot be opened, so that the thread ends before it has done anything.
    renameSync(file, aside);
    mkdirSync(file);
    const asked = [writing.operate('putSetting', 'a', '1', undefined), writing.operate('forget', 'nobody')];
    for (const answer of asked) await assert.rejects(answer, /the thread that writes the views has ended/);
    rmdirSync(file);
    renameSync(aside, file);
    assert.equal(await writing.operate('putSetting', 'a', '2', null), true);
    assert.equal(await writing.operate('putSetting', 'a', '3', null), false);
  } finally {
    await writing.close();
    rmSync(folder, { recursive: true });
  }
  await assert.rejects(writing.operate('forget', 'nobody'), /closed/);
});
