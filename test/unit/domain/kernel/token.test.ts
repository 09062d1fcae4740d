import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { readToken, Token, tokenOf, tokenOfBeginning } from '#domain/kernel/token.ts';

const codeOf = (read: () => unknown): string | undefined => {
  try {
    read();
  } catch (error) {
    if (error instanceof RejectedError) return error.rejection.code;
    throw error;
  }
  return undefined;
};

test('any position of any history is read back from its token, and from no other history', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 2n ** 64n),
      fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' }),
      (at, epoch) => {
        const token = tokenOf(epoch, at);
        assert.equal(Token.parse(token), token);
        assert.equal(readToken(epoch, token), at);
        assert.equal(
          codeOf(() => readToken(`${epoch}2`, token)),
          'other_history',
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('the beginning is a position like any other', () => {
  assert.equal(readToken('e', tokenOfBeginning('e')), 0n);
});

test('what is not a token is invalid, also where it decodes to nearly one', () => {
  const token = tokenOf('e', 12n);
  const of = (text: string) => Buffer.from(text).toString('base64url');
  for (const text of [
    '',
    'x',
    `${token}=`,
    ` ${token}`,
    of('12'),
    of('-1@e'),
    of('012@e'),
    of('1e3@e'),
    of('12@'),
    'A'.repeat(257),
  ])
    assert.equal(
      codeOf(() => readToken('e', text)),
      'invalid',
      text,
    );
});
