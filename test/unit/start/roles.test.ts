import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';

// What roles cannot be started, said by the real entry point before it touches anything.

const program = resolve(import.meta.dirname, '../../../main.ts');
function refused(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
    ...{ encoding: 'utf8', timeout: 30_000 },
    env: { PATH: process.env.PATH, DATA_DIR: '/nowhere/at/all', PORT: '0', ...environment },
  });
  return { status, stderr };
}
const engines = { READ_STORE: 'mongodb://127.0.0.1:1/annals', BUS: 'kafka://127.0.0.1:1' };

test('a role that there is not is named, with those that there are', () => {
  for (const words of [
    ['--role', 'writer'],
    ['--role', 'read-api,'],
    ['--role', 'sagas', '--role', 'x'],
  ]) {
    const { status, stderr } = refused(words);
    assert.equal(status, 64, words.join(' '));
    assert.match(stderr, /the roles are write-side, projections, sagas, read-api, publisher/);
  }
});

test('the demo is played to a process with every role', () => {
  const { status, stderr } = refused(['--demo', '--role', 'write-side,sagas'], engines);
  assert.equal(status, 64);
  assert.match(stderr, /npm run demo -- --url/);
});

test('engines of one process, and a second writer of one file, are refused by their settings', () => {
  const alone = refused(['--role', 'write-side']);
  assert.equal(alone.status, 78);
  for (const told of [/--role: write-side without sagas/, /READ_STORE: SQLite/, /BUS: a bus in memory/])
    assert.match(alone.stderr, told);
  const reader = refused(['--role', 'read-api'], engines);
  assert.equal(reader.status, 78);
  assert.match(reader.stderr, /SERVICE_URL/);
});
