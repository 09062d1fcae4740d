import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#domain/kernel/instant.ts';
import { watched } from '#engines/standing.ts';

const at = instant(Date.UTC(2026, 0, 1));
const address = 'mongodb://one/views';
const engine = () => watched(address, () => at);

test('an engine is down from when it fails until it does the same again', () => {
  const { failed, answered, standing } = engine();
  assert.deepEqual(standing(), { address, state: 'up', errors: 0 });
  failed(new Error('the disk is full'), 'writes');
  const lastError = { message: `${address}: the disk is full`, at };
  assert.deepEqual(standing(), { address, state: 'down', errors: 1, lastError });
  answered('reads');
  assert.equal(standing().state, 'down', 'that it is read says nothing of writing');
  failed(new Error(`${address}: not there`), 'reads');
  answered('writes');
  assert.equal(standing().state, 'down');
  answered('reads');
  assert.deepEqual(standing(), {
    ...{ address, state: 'up', errors: 2 },
    lastError: { message: `${address}: not there`, at },
  });
  failed(new Error('x'), 'reads');
  failed(new Error('x'), 'writes');
  answered();
  assert.equal(standing().state, 'up');
});

test('an error is told in one line that names the engine, with what was behind it, and not at any length', () => {
  const { failed, standing } = engine();
  failed(new Error('the thread\n has ended', { cause: new Error('no such file') }), 'writes');
  assert.equal(standing().lastError?.message, `${address}: the thread has ended: no such file`);
  failed('x'.repeat(10_000), 'writes');
  assert.ok((standing().lastError?.message.length ?? 0) < 600);
});
