import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { instant, later } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { newSigningKey } from '#engines/tokens/jose.ts';
import { keptKeys, readKeys, watchedKeys } from '#engines/tokens/key-file.ts';

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

test('a key signs when its time has come, without another file; until then it is one of those that verify', async () => {
  const path = join(folder, 'waiting.json');
  const start = instant(Date.UTC(2026, 2, 1));
  const clock = simulatedClock({ start });
  const signsFrom = Date.parse(start) / 1_000 + 600;
  const before = { kid: 'before', ...(await newSigningKey()) };
  const next = { kid: 'next', signsFrom, ...(await newSigningKey()) };
  await writeFile(path, JSON.stringify({ keys: [next, before] }));
  const watched = await watchedKeys(path, await readKeys(path), clock);
  const told: string[][] = [];
  watched.onChange((keys) => told.push(keys.map(({ kid }) => kid)));
  const ring = watched.current();
  assert.deepEqual(
    ring.map(({ kid }) => kid),
    ['before', 'next'],
  );
  clock.advanceTo(later(start, 599_000));
  await watched.look();
  assert.equal(watched.current(), ring, 'the same as long as the same one signs');
  clock.advanceTo(later(start, 600_000));
  await watched.look();
  await watched.look();
  assert.deepEqual(told, [['next', 'before']]);
  await writeFile(path, JSON.stringify({ keys: [before] }));
  await watched.look();
  assert.deepEqual(told.slice(1), [['before']]);
});

test('a key for RS256 is one that is long enough, and for nothing else', async () => {
  const path = join(folder, 'rsa.json');
  const ours = await newSigningKey();
  const rsa = (modulusLength: number, more: object = {}) => ({
    ...generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ format: 'jwk' }),
    ...more,
  });
  const read = async (key: object) => {
    await writeFile(path, JSON.stringify({ keys: [ours, key] }));
    return readKeys(path);
  };
  const [, key] = await read(rsa(2_048));
  assert.equal(key?.alg, 'RS256', 'also where it does not say so');
  await assert.rejects(read(rsa(1_024)), { name: 'ZodError' });
  await assert.rejects(read(rsa(2_048, { alg: 'PS256' })), { name: 'ZodError' });
});

test('where no time has come yet, the first signs: nothing else could', async () => {
  const path = join(folder, 'early.json');
  await writeFile(path, JSON.stringify({ kid: 'early', signsFrom: 4e9, ...(await newSigningKey()) }));
  const clock = simulatedClock({ start: instant(0) });
  const watched = await watchedKeys(path, await readKeys(path), clock);
  assert.equal(watched.current()[0]?.kid, 'early');
  await writeFile(path, JSON.stringify({ signsFrom: 'soon', ...(await newSigningKey()) }));
  await assert.rejects(watched.look(), /early\.json holds no JSON Web Key/);
});
