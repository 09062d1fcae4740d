import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyText, keptText, someText } from '#domain/kernel/text.ts';

const fits = (text: string) => someText(5).safeParse(text).success;

test('lengths count characters, whatever a character takes', () => {
  for (const letter of ['x', 'é', '時', '🕰']) {
    assert.equal(fits(letter.repeat(5)), true, letter);
    assert.equal(fits(letter.repeat(6)), false, letter);
  }
  assert.equal(anyText(0).safeParse('').success, true);
});

test('blanks around a text count, and are not kept', () => {
  assert.equal(someText(5).parse(' \u3000x\n'), 'x');
  assert.equal(fits(' \u3000x\n  '), false);
});

test('a text says something: what is trimmed to nothing is none, and what nobody sees neither', () => {
  // The patterns name characters one by one, so that they mean the same in every dialect: these are the classes that they mean.
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  const turning = /[\u202a-\u202e\u2066-\u2069]/;
  const unseen = /^[\p{Default_Ignorable_Code_Point}\u2800]$/u;
  fc.assert(
    fc.property(unit, (text) => {
      const writable = /[\t\n\r]|\P{Cc}/u.test(text) && !turning.test(text);
      assert.equal(anyText(5).safeParse(text).success, writable);
      assert.equal(fits(text), writable && text.trim() !== '' && !unseen.test(text));
      assert.equal(fits(`x${text}`), writable, 'beside what is seen it is text');
      assert.equal(keptText(5).parse(text), text);
    }),
    {
      numRuns: 2_000,
      examples: [
        ...'\t\n\v\f\r \u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff',
        ...'\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u200b\u200c\u200d\u200e\u200f',
        ...'\u2060\u2065\u206a\u206f\u2800\u3164\ufe00\ufe0f\uffa0\ufff0\ufff8\ufff9',
        ...'\u2029\u202a\u202e\u202f\u2065\u2066\u2069\u206a',
      ].map((each) => [each]),
    },
  );
});

test('what joins and parts letters and emoji, and marks of direction, are text where something is seen', () => {
  for (const text of ['👩\u200d🏫', 'می\u200cخ', 'क्\u200dष', '❤\ufe0f', 'א\u200f!', '\u200bx'])
    assert.equal(fits(text), true, text);
  for (const text of ['', ' \u200b ', '\u200b\u2060\ufeff', '\u3164', 'a\u202eb', '\u2066a\u2069'])
    assert.equal(fits(text), false, JSON.stringify(text));
});
