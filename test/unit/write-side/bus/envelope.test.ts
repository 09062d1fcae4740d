import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECORD_BYTES, readEnvelope } from '#write-side/bus/envelope.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = { command: 'Add', data: { by: '1' }, idempotencyKey: 'k', token: 't' };

test('an envelope is read as it is, its data as they came', () => {
  assert.deepEqual(readEnvelope({ value: bytes(JSON.stringify(whole)) }), whole);
  const read = readEnvelope({
    value: bytes('{"command":"Add","data":{"__proto__":1},"idempotencyKey":"k"}'),
  });
  assert.ok('data' in read && Object.hasOwn(read.data as object, '__proto__'));
});

test('what is no envelope is told by a sentence that repeats nothing of it', () => {
  const text = (change: object) => bytes(JSON.stringify({ ...whole, ...change }));
  const cases: readonly (readonly [Uint8Array | undefined, RegExp])[] = [
    [undefined, /^no value$/],
    [new Uint8Array(RECORD_BYTES + 1), /^larger than \d+ bytes$/],
    [new Uint8Array([0x22, 0xff, 0x22]), /^not UTF-8$/],
    [bytes('\ufeff{}'), /^no(t JSON| command envelope: .*)$/],
    [bytes('{'), /^not JSON$/],
    [bytes('{"a":1,"a":2}'), /^an object with a name twice$/],
    [bytes(`${'['.repeat(200)}${']'.repeat(200)}`), /^nests deeper than/],
    [bytes('null'), /^no command envelope: no object$/],
    [text({ psst: 1 }), /^no command envelope: a field that nobody knows$/],
    [text({ command: 7, idempotencyKey: 'psst psst' }), /^no command envelope: command, idempotencyKey$/],
    [text({ replyTo: '../psst' }), /^no command envelope: replyTo$/],
    [text({ token: { psst: 1 } }), /^no command envelope: token$/],
  ];
  for (const [value, expected] of cases) {
    const read = readEnvelope({ value });
    assert.ok('unreadable' in read, String(expected));
    assert.match(read.unreadable, expected);
    assert.doesNotMatch(read.unreadable, /psst/);
  }
});
