import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalised } from '#write-side/identity/passwords/normalised.ts';

test('the same typed on other keyboards is the same', () => {
  assert.equal(normalised('caf\u00e9')?.text, normalised('cafe\u0301')?.text);
  assert.equal(normalised('ｐａｓｓ１')?.text, 'pass1');
  assert.equal(normalised('two\u00a0words')?.text, 'two words');
});

test('case and spaces stay', () => {
  assert.equal(normalised('  Two  Words ')?.text, '  Two  Words ');
});

test('characters are counted, not units, and in whichever spelling has fewer', () => {
  assert.equal(normalised('😀'.repeat(7))?.codePoints, 7);
  assert.equal(normalised('e\u0301'.repeat(8))?.codePoints, 8, 'composed');
  assert.equal(normalised('\ufdfa')?.codePoints, 1, 'one that becomes eighteen');
});

test('as much as may be, and no more: of what is sent, and of what becomes of it', () => {
  assert.ok(normalised('a'.repeat(256)));
  assert.equal(normalised('a'.repeat(257)), undefined);
  assert.ok(normalised('😀'.repeat(256)), '1,024 bytes');
  assert.equal(normalised('ᄀ'.repeat(342)), undefined, '1,026 bytes');
  assert.equal(normalised('\ufdfa'.repeat(15)), undefined, '270 code points, once it is normalised');
  assert.equal(normalised('a'.repeat(1_000_000)), undefined);
});

test('half a character is none: all such halves would be hashed as the same', () => {
  assert.equal(normalised('correct horse \ud800 staple'), undefined);
  assert.equal(normalised('\udc00'), undefined);
});
