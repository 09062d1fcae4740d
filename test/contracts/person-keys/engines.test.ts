import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { memoryKeyRows } from '#engines/person-keys/memory.ts';
import { sqliteKeyRows } from '#engines/person-keys/sqlite/rows.ts';
import { personKeysSuite } from '../person-keys.suite.ts';

const folders: string[] = [];
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'annals-keys-'));
  folders.push(made);
  return made;
}
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))));

personKeysSuite('memory', async () => {
  const rows = memoryKeyRows();
  return { open: () => rows };
});
personKeysSuite('sqlite', async () => {
  const file = join(await folder(), 'keys.db');
  return { open: () => sqliteKeyRows(file, 'mine') };
});

describe('keys of people: sqlite alone', () => {
  it('leave no byte of what was destroyed, in the file or in its log', async () => {
    const at = await folder();
    const rows = sqliteKeyRows(join(at, 'keys.db'), 'mine');
    const wrapped = Buffer.alloc(60, 'a sentence that is found again ');
    await rows.keep(
      new Map([
        ['ann', wrapped],
        ['bob', Buffer.alloc(60, 'b')],
      ]),
    );
    const holds = async (): Promise<boolean> => {
      const files = await Promise.all((await readdir(at)).map((name) => readFile(join(at, name))));
      return files.some((bytes) => bytes.includes('a sentence that'));
    };
    assert.ok(await holds());
    await rows.destroy('ann');
    assert.equal(await holds(), false);
    assert.deepEqual(
      [...(await rows.find(['ann', 'bob'])).entries()].map(([who, key]) => [who, key === 'destroyed']),
      [
        ['ann', true],
        ['bob', false],
      ],
    );
    await rows.close();
  });

  it('say what is wrong with a file of something else, and work once it is gone', async () => {
    const file = join(await folder(), 'keys.db');
    await writeFile(file, 'no database, and rather long for one '.repeat(100));
    const rows = sqliteKeyRows(file, 'mine');
    await assert.rejects(rows.find(['ann']), { code: 'unavailable', message: /keys\.db cannot be used/ });
    await rm(file);
    assert.equal((await rows.find(['ann'])).size, 0);
    await rows.close();
  });
});
