import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { instant } from '#domain/kernel/instant.ts';
import { KEYS_KEPT_SECONDS } from '#domain/kernel/ports/tokens.ts';
import { namedKey, newSigningKey } from '#engines/tokens/jose.ts';
import { kindsOf, readKeys, watchedKeys } from '#engines/tokens/key-file.ts';
import { alone } from '#engines/tokens/key-lock.ts';
import { addRsaKey, rotateKeys, SHOWN_BEFORE_SECONDS } from '#engines/tokens/rotation.ts';
import { dataFolder } from '../../../support/booted.ts';

const NOW = 1_800_000_000;
/** How long what a key has signed may hold, with what clocks may differ. */
const LAST_SECONDS = 3_660;

async function given(keys?: readonly object[]) {
  const path = join(await dataFolder(), 'keys.json');
  const first = await namedKey(await newSigningKey());
  // As files are made that have never been rotated.
  await writeFile(path, JSON.stringify(keys === undefined ? first : { keys }));
  return { path, first: first.kid };
}

test('another key is shown for longer than anybody keeps what they were shown, and the one before signs until then', async () => {
  const { path, first } = await given();
  const { ino: written } = await stat(path);
  const { signs, next, verify, dropped, rs256 } = await rotateKeys(path, NOW);
  assert.ok(next);
  assert.deepEqual([signs, next.fromSeconds, verify, dropped], [first, NOW + SHOWN_BEFORE_SECONDS, [], []]);
  assert.ok(SHOWN_BEFORE_SECONDS > KEYS_KEPT_SECONDS);
  const file = await stat(path);
  assert.equal(file.mode & 0o777, 0o600);
  assert.notEqual(file.ino, written, 'another file has taken its place: nobody has read half of it');
  assert.deepEqual(await readdir(dirname(path)), ['keys.json', 'keys.json.lock']);
  const before = await readFile(path, 'utf8');
  assert.deepEqual(
    await rotateKeys(path, next.fromSeconds - 1),
    { signs: first, next, verify: [], dropped: [], rs256 },
    'one waits: there is no need for another',
  );
  assert.equal(await readFile(path, 'utf8'), before);
  const later = await rotateKeys(path, next.fromSeconds);
  assert.deepEqual([later.signs, later.verify], [next.kid, [first]]);
});

test('a key is dropped when the last that it has signed is over, not the last before another was shown', async () => {
  const { path, first } = await given();
  const { next } = await rotateKeys(path, NOW);
  const over = NOW + SHOWN_BEFORE_SECONDS + LAST_SECONDS;
  const early = await rotateKeys(path, over - 1);
  assert.deepEqual([early.signs, early.verify, early.dropped], [next?.kid, [first], []]);
  const late = await rotateKeys(path, over + SHOWN_BEFORE_SECONDS);
  assert.deepEqual([late.verify, late.dropped], [[next?.kid], [first]]);
});

test('files of before are read: the first signs, and what has retired is dropped in its time', async () => {
  const [signer, old, older] = await Promise.all([newSigningKey(), newSigningKey(), newSigningKey()]);
  const set = [signer, { retiredAt: NOW - 100, ...old }, { retiredAt: NOW - LAST_SECONDS, ...older }];
  const { path } = await given(set);
  const [first, second, third] = (await readKeys(path)).map(({ kid }) => kid);
  const { signs, verify, dropped } = await rotateKeys(path, NOW);
  assert.deepEqual([signs, verify, dropped], [first, [second], [third]]);
});

test('where keys were stolen another one signs at once, and no other is left, not even one that waits', async () => {
  const { path, first } = await given();
  const { next, rs256: before } = await rotateKeys(path, NOW);
  const { signs, dropped, rs256, ...rest } = await rotateKeys(path, NOW + 1, true);
  assert.deepEqual(rest, { next: undefined, verify: [] });
  assert.deepEqual(dropped, [next?.kid, first]);
  assert.deepEqual(
    (await readKeys(path)).map(({ kid, signsFrom }) => [kid, signsFrom]),
    [
      [signs, undefined],
      [rs256.signs, undefined],
    ],
  );
  assert.deepEqual(rs256.dropped, [before.signs]);
});

test('a file is never filled with more keys than are read again', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, newSigningKey));
  const { path } = await given(keys);
  await assert.rejects(rotateKeys(path, NOW), /there are 8 keys that may have signed/);
  assert.equal((await readKeys(path)).length, 8);
  const { path: almost } = await given(keys.slice(1));
  await rotateKeys(almost, NOW);
  const { ours, rsa } = kindsOf(await readKeys(almost));
  assert.deepEqual([ours.length, rsa.length], [8, 1], 'of each kind so many');
  const { path: more } = await given([...keys, await newSigningKey()]);
  await assert.rejects(readKeys(more), /more than 8 of a kind/);
});

test('keys that only verify are not rotated', async () => {
  const { d: _, ...shown } = await newSigningKey();
  const { path } = await given([shown]);
  await assert.rejects(rotateKeys(path, NOW), /no private key/);
});

test('a key for RS256 stands beside from the first rotation on, signs at once where there was none, and is rotated with the other', async () => {
  const { path, first } = await given();
  const { rs256 } = await rotateKeys(path, NOW);
  assert.deepEqual([rs256.next, rs256.verify, rs256.dropped], [undefined, [], []]);
  const later = await rotateKeys(path, NOW + SHOWN_BEFORE_SECONDS);
  assert.deepEqual(
    [later.rs256.signs, later.rs256.next?.fromSeconds],
    [rs256.signs, later.next?.fromSeconds],
  );
  assert.deepEqual(later.verify, [first], 'of the other kind nothing is said there');
  const fromSeconds = later.rs256.next?.fromSeconds ?? 0;
  let seconds = fromSeconds - 1;
  const { ours, rsa } = kindsOf(await readKeys(path));
  const [signer] = ours.slice(-1);
  assert.ok(signer);
  // One that signs already, so that nothing but the other kind is due.
  const watched = await watchedKeys(path, [signer, ...rsa], { now: () => instant(seconds * 1_000) });
  const told: (readonly string[])[] = [];
  watched.onChange((keys) => told.push(keys.map(({ kid }) => kid)));
  assert.equal(watched.all()[1]?.kid, rs256.signs);
  seconds = fromSeconds;
  await watched.look();
  assert.deepEqual(told, [[signer.kid, later.rs256.next?.kid, rs256.signs]]);
});

test('a key for RS256 is added once, where there is none, and is none to sign access tokens by', async () => {
  const { path, first } = await given();
  await Promise.all([addRsaKey(path), addRsaKey(path)]);
  await addRsaKey(path);
  const { ours, rsa } = kindsOf(await readKeys(path));
  assert.deepEqual([ours.map(({ kid }) => kid), rsa.length], [[first], 1]);
  const clock = { now: () => instant(NOW * 1_000) };
  const watched = await watchedKeys(path, [...rsa, ...ours], clock);
  assert.deepEqual(watched.current(), ours);
  assert.deepEqual(watched.all(), [...ours, ...rsa]);
  await writeFile(path, JSON.stringify({ keys: rsa }));
  await assert.rejects(readKeys(path), /none is for Ed25519/);
});

test('of rotations at once none brings back what another has taken away as stolen', async () => {
  for (let times = 0; times < 3; times += 1) {
    const { path, first } = await given();
    await Promise.all([rotateKeys(path, NOW), addRsaKey(path), rotateKeys(path, NOW, true), addRsaKey(path)]);
    const { ours, rsa } = kindsOf(await readKeys(path));
    assert.ok(!ours.some(({ kid }) => kid === first));
    assert.ok(rsa.length <= 2);
  }
});

test('whoever is replacing the keys is waited for, and one that was killed over it keeps nobody', async (t) => {
  const { path } = await given();
  const holding = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { alone } from ${JSON.stringify(import.meta.resolve('#engines/tokens/key-lock.ts'))};
    await alone(${JSON.stringify(path)}, () => new Promise(() => setInterval(() => console.log('held'), 10)));`,
  ]);
  t.after(() => holding.kill('SIGKILL'));
  await once(holding.stdout, 'data');
  let isDone = false;
  const waiting = alone(path, async () => {
    isDone = true;
  });
  for (let looks = 0; looks < 5; looks += 1) await once(holding.stdout, 'data');
  assert.equal(isDone, false);
  holding.kill('SIGKILL');
  await waiting;
  assert.ok(isDone);
});
