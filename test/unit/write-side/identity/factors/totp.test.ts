import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededBytes } from '#test/support/seeded.ts';
import { newTotpSecret, takenTotpStep, totpUri } from '#write-side/identity/factors/totp.ts';

/** `12345678901234567890`, the key of RFC 6238. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number, code: string, lastStep?: number) =>
  takenTotpStep({ secret: SECRET, code, nowMs: seconds * 1_000, lastStep });

// Appendix B, of SHA-1; ours are the last six of its eight digits.
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
];
for (const [seconds, code] of vectors)
  test(`RFC 6238, at ${seconds} s`, () => {
    assert.equal(at(seconds, code.slice(2)), Math.floor(seconds / 30));
    assert.equal(
      at(
        seconds,
        code.slice(2).replace(/^./, (digit) => String((Number(digit) + 1) % 10)),
      ),
      undefined,
    );
  });

const STEP = 37_037_037;
const CODE = '050471';

test('a step of drift each way, and no more', () => {
  assert.equal(Math.floor(1_111_111_111 / 30), STEP);
  const first = STEP * 30;
  assert.equal(at(first - 31, CODE), undefined);
  assert.equal(at(first - 30, CODE), STEP);
  assert.equal(at(first, CODE), STEP);
  assert.equal(at(first + 59.999, CODE), STEP);
  assert.equal(at(first + 60, CODE), undefined);
});

test('a code is taken once, and no older one behind it', () => {
  const now = STEP * 30 + 5;
  assert.equal(at(now, CODE, STEP - 1), STEP);
  assert.equal(at(now, CODE, STEP), undefined);
  assert.equal(at(now, CODE, STEP + 1), undefined, 'one of a clock that is ahead was taken before');
  assert.equal(at(now, CODE, STEP + 1_000), undefined, 'the clock was set back');
});

test('nothing but six digits is a code; spaces are how people write them', () => {
  const now = STEP * 30;
  assert.equal(at(now, '050 471'), STEP);
  for (const code of ['', '50471', '0504711', '05047a', '-50471', '5e4711', CODE.repeat(100_000)])
    assert.equal(at(now, code), undefined);
});

test('it is read as it was meant, whichever keyboard or page it comes from', () => {
  const now = STEP * 30;
  for (const code of [
    '٠٥٠٤٧١',
    '０５０４７１',
    '050-471',
    '050\u2013471',
    '\u2066050471\u2069',
    '\u200e050\u00a0471',
  ])
    assert.equal(at(now, code), STEP, JSON.stringify(code));
});

test('a secret is 160 random bits, and of each person another', () => {
  const random = seededBytes(1);
  const [one, other] = [newTotpSecret(random), newTotpSecret(random)];
  assert.match(one, /^[A-Z2-7]{32}$/);
  assert.notEqual(one, other);
  assert.equal(
    newTotpSecret(() => Uint8Array.from(Buffer.from('12345678901234567890'))),
    SECRET,
  );
});

test('an app is told all of it', () => {
  const uri = new URL(totpUri({ issuer: 'Annals & Co', account: 'anna@example.org', secret: SECRET }));
  assert.equal(uri.protocol, 'otpauth:');
  assert.equal(uri.host, 'totp');
  assert.equal(decodeURIComponent(uri.pathname), '/Annals & Co:anna@example.org');
  assert.equal(uri.searchParams.get('secret'), SECRET);
  assert.equal(uri.searchParams.get('issuer'), 'Annals & Co');
  // Whatever is left out is what every app takes for granted.
  assert.ok(['6', null].includes(uri.searchParams.get('digits')));
  assert.ok(['30', null].includes(uri.searchParams.get('period')));
  assert.ok(['SHA1', null].includes(uri.searchParams.get('algorithm')));
});

test('a colon parts the house from the account, and stands in neither', () => {
  const told = (issuer: string) => new URL(totpUri({ issuer, account: 'anna@example.org', secret: SECRET }));
  const uri = told('Lind: Auctions');
  assert.equal(decodeURIComponent(uri.pathname), '/Lind Auctions:anna@example.org');
  assert.equal(uri.searchParams.get('issuer'), 'Lind Auctions');
  assert.equal(decodeURIComponent(told('10:30').pathname), '/10 30:anna@example.org');
});
