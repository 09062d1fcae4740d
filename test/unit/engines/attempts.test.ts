import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { type AttemptLimits, attemptLimits, sqliteAttempts } from '#engines/attempts/sqlite.ts';

const NOW = Date.UTC(2026, 2, 1);

function inFolder(run: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'annals-attempts-'));
  try {
    run(join(folder, 'attempts.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
function withStore(run: (store: ReturnType<typeof sqliteAttempts>) => void, limits?: AttemptLimits): void {
  const store = sqliteAttempts(':memory:', limits);
  run(store);
  store.close();
}

test('a count adds up until its end, and begins anew behind it', () =>
  withStore((store) => {
    assert.deepEqual(store.add('a', 1, NOW, 1_000), { points: 1, endsAtMs: NOW + 1_000 });
    assert.deepEqual(store.add('a', 2, NOW + 999, 1_000), { points: 3, endsAtMs: NOW + 1_000 });
    assert.deepEqual(store.get('a', NOW + 999), { points: 3, endsAtMs: NOW + 1_000 });
    assert.equal(store.get('a', NOW + 1_000), undefined);
    assert.deepEqual(store.add('a', 1, NOW + 1_000, 1_000), { points: 1, endsAtMs: NOW + 2_000 });
    assert.deepEqual(store.add('a', 5, NOW + 1_001, 1_000, true), { points: 5, endsAtMs: NOW + 2_001 });
  }));

test('what was counted by a clock that was ahead is over once that is right, and makes room', () =>
  withStore(
    (store) => {
      const wrong = NOW + 10 * 365 * 86_400_000;
      for (let at = 0; at < 9; at++) store.add('a', 1, wrong, 1_000);
      store.add('b', 9, wrong, 1_000);
      assert.equal(store.get('a', NOW), undefined);
      assert.deepEqual(store.add('a', 1, NOW, 1_000), { points: 1, endsAtMs: NOW + 1_000 });
      assert.deepEqual(store.get('a', NOW + 999), { points: 1, endsAtMs: NOW + 1_000 });
      // Full: the one that is over goes, however many points it has.
      store.add('c', 1, NOW, 1_000);
      assert.equal(store.get('a', NOW)?.points, 1);
      assert.equal(store.delete('b'), false);
    },
    { keys: 2, forgotten: 1 },
  ));

test('it never counts below zero, and keys are apart', () =>
  withStore((store) => {
    assert.equal(store.add('a', -1, NOW, 1_000).points, 0);
    assert.equal(store.add('a', 1, NOW, 1_000).points, 1);
    assert.equal(store.get('b', NOW), undefined);
    assert.equal(store.delete('a'), true);
    assert.equal(store.delete('a'), false);
    assert.equal(store.get('a', NOW), undefined);
  }));

test('a full store forgets what has ended, and then the smallest counts', () =>
  withStore(
    (store) => {
      for (let at = 0; at < 9; at++) store.add('guessed at', 1, NOW, 60_000);
      store.add('ended', 1, NOW, 1);
      for (let at = 0; at < 100; at++) store.add(`flood ${at}`, 1, NOW + 10, 60_000);
      assert.equal(store.get('guessed at', NOW + 10)?.points, 9);
      const left = Array.from({ length: 100 }, (_, at) => store.get(`flood ${at}`, NOW + 10)).filter(Boolean);
      assert.ok(left.length < 10 && left.length > 0, `${left.length} of the flood`);
    },
    { keys: 10, forgotten: 2 },
  ));

test('counts outlive the process', () =>
  inFolder((file) => {
    const before = sqliteAttempts(file);
    before.add('a', 7, NOW, 60_000);
    before.close();
    const behind = sqliteAttempts(file);
    assert.equal(behind.get('a', NOW)?.points, 7);
    behind.close();
  }));

/** Nonsense in all pages but the first, which says what the file is. */
function scribble(file: string): void {
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0x5a, 4_096));
}

const spoilt: readonly (readonly [string, (file: string) => void])[] = [
  [
    'is no database',
    (file) => writeFileSync(file, 'a text of more than sixteen bytes, and no database'.repeat(40)),
  ],
  ['is damaged within', scribble],
  ['is cut', (file) => truncateSync(file, statSync(file).size - 5_000)],
  [
    'is of a later version',
    (file) => {
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 99');
      db.close();
    },
  ],
];
for (const [what, spoil] of spoilt)
  test(`a file that ${what} begins anew: counts are worth less than a start`, () =>
    inFolder((file) => {
      const before = sqliteAttempts(file, attemptLimits);
      for (let at = 0; at < 1_000; at++) before.add(`key ${at}`, 7, NOW, 60_000);
      before.close();
      spoil(file);
      const behind = sqliteAttempts(file);
      for (let at = 0; at < 1_000; at++) assert.equal(behind.add(`key ${at}`, 1, NOW, 60_000).points, 1);
      behind.close();
    }));
