import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyText, someText } from '#domain/kernel/text.ts';

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

test('a text says something: what is trimmed to nothing is none', () => {
  // The pattern names the blanks one by one, so that it means the same in every dialect: they are those that trim() takes.
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(unit, (text) => {
      const writable = /[\t\n\r]|\P{Cc}/u.test(text);
      assert.equal(anyText(5).safeParse(text).success, writable);
      assert.equal(fits(text), writable && text.trim() !== '');
    }),
    {
      numRuns: 2_000,
      examples: [...'\t\n\v\f\r \u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'].map((each) => [
        each,
      ]),
    },
  );
});
