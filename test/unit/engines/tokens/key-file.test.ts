import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keptKeys, readKeys } from '#engines/tokens/key-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'annals-key-'));
after(() => rm(folder, { recursive: true }));

test('the key is made once, for its owner alone, and nothing else is left behind', async () => {
  const path = join(folder, 'data', 'signing-key.json');
  const keys = await Promise.all([keptKeys(path), keptKeys(path), keptKeys(path)]);
  assert.deepEqual(keys[1], keys[0]);
  assert.deepEqual(keys[2], keys[0]);
  assert.deepEqual(await keptKeys(path), keys[0]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(folder, 'data')), ['signing-key.json']);
});

test('a file that holds no key is named and never written over', async () => {
  const path = join(folder, 'broken.json');
  await writeFile(path, '{"kty":');
  await assert.rejects(keptKeys(path), /broken\.json holds no JSON Web Key/);
  await writeFile(path, '[]');
  await assert.rejects(readKeys(path), /broken\.json holds no JSON Web Key/);
  await assert.rejects(readKeys(join(folder, 'missing.json')), { code: 'ENOENT' });
});
