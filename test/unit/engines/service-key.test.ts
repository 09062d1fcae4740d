import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { keptServiceKey, readServiceKey } from '#engines/service-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'annals-service-'));
after(() => rm(folder, { recursive: true }));

const hexOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');

test('processes that start at once share one secret, for its owner alone, and nothing else is left', async () => {
  const path = join(folder, 'data', 'service.key');
  const module = JSON.stringify(join(import.meta.dirname, '../../../engines/service-key.ts'));
  const script = `const { keptServiceKey } = await import(${module});
    process.stdout.write(Buffer.from((await keptServiceKey(${JSON.stringify(path)})).keyFor('calls')).toString('hex'));`;
  const started = Array.from({ length: 3 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
  );
  const here = await Promise.all([keptServiceKey(path), keptServiceKey(path)]);
  const keys = [
    ...(await Promise.all(started)).map(({ stdout }) => stdout),
    ...here.map((key) => hexOf(key.keyFor('calls'))),
  ];
  assert.deepEqual(new Set(keys), new Set([hexOf((await readServiceKey(path)).keyFor('calls'))]));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await readFile(path)).length, 32);
  assert.deepEqual(await readdir(join(folder, 'data')), ['service.key']);
});

test('each purpose has a key of its own, of 32 bytes, and each secret others', async () => {
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  await writeFile(one, 'a secret of thirty-two characters');
  await writeFile(other, 'a secret of thirty-two characters\n');
  const keys = (await Promise.all([readServiceKey(one), readServiceKey(other)])).flatMap(({ keyFor }) =>
    ['calls', 'actors'].map(keyFor),
  );
  assert.deepEqual(new Set(keys.map(({ length }) => length)), new Set([32]));
  assert.equal(new Set(keys.map(hexOf)).size, 4);
  // Of a rolling update: a process of the next version has to know one of this.
  assert.equal(
    hexOf(keys[0] as Uint8Array),
    '62482d32ab4843bf879e5a2bbd6f3db69dcdadff99a5237171b715a9f41f235e',
  );
});

test('what is no secret is named and never written over, and nothing in it is repeated', async () => {
  for (const content of ['', 'x'.repeat(31), 'x'.repeat(4_097)]) {
    const path = join(folder, 'wrong.key');
    await writeFile(path, content);
    const refused = { name: 'TypeError', message: `${path} holds no secret of 32 to 4096 bytes` };
    await assert.rejects(keptServiceKey(path), refused);
    await assert.rejects(readServiceKey(path), refused);
    assert.equal(await readFile(path, 'utf8'), content);
  }
  await assert.rejects(readServiceKey(join(folder, 'missing')), { code: 'ENOENT' });
  await mkdir(join(folder, 'a-folder'));
  await assert.rejects(readServiceKey(join(folder, 'a-folder')), { code: 'EISDIR' });
});
