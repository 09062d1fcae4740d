import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededBytes } from '#test/support/seeded.ts';
import {
  isRecoveryCode,
  newRecoveryCodes,
  takenRecoveryCode,
} from '#write-side/identity/factors/recovery-codes.ts';

const key = new Uint8Array(32).fill(7);
const ann = { person: 'ann', key };
const given = () => newRecoveryCodes({ ...ann, random: seededBytes(1) });

test('ten codes of eighty bits, none like another', () => {
  const { codes, verifiers } = given();
  assert.equal(new Set(codes).size, 10);
  assert.equal(new Set(verifiers).size, 10);
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  const ones = newRecoveryCodes({ ...ann, random: (count) => new Uint8Array(count).fill(255) }).codes[0];
  assert.equal(ones, 'ZZZZ-ZZZZ-ZZZZ-ZZZZ', 'all of the bits are written');
});

test('what is kept says nothing of the codes, nor of their order', () => {
  const { codes, verifiers } = given();
  for (const code of codes)
    for (const verifier of verifiers) assert.ok(!verifier.includes(code.replaceAll('-', '')));
  const order = codes.map((code) => verifiers.indexOf(takenRecoveryCode({ ...ann, code, verifiers }) ?? ''));
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    [...Array(10).keys()],
  );
  assert.notDeepEqual(order, [...Array(10).keys()]);
});

test('each is taken once', () => {
  const { codes, verifiers } = given();
  let left = verifiers;
  for (const code of codes) {
    const taken = takenRecoveryCode({ ...ann, code, verifiers: left });
    assert.ok(taken !== undefined);
    left = left.filter((verifier) => verifier !== taken);
    assert.equal(takenRecoveryCode({ ...ann, code, verifiers: left }), undefined);
  }
  assert.deepEqual(left, []);
});

test('it is read as people write it', () => {
  const { codes, verifiers } = newRecoveryCodes({ ...ann, random: (count) => new Uint8Array(count) });
  assert.equal(codes[0], '0000-0000-0000-0000');
  for (const code of ['0000000000000000', 'oooo oooo oooo oooo', ' OOOO-0000-0000-0000 '])
    assert.ok(takenRecoveryCode({ ...ann, code, verifiers }), code);
});

test('it is read as it was meant, whichever keyboard or page it comes from', () => {
  const { codes, verifiers } = given();
  const [code = ''] = codes;
  const wide = code.replaceAll(/[0-9A-Z]/g, (sign) => String.fromCodePoint(sign.charCodeAt(0) + 0xfee0));
  for (const typed of [
    wide,
    wide.toLowerCase(),
    code.replaceAll('-', '\u2011'),
    code.replaceAll('-', ' \u2013 '),
    `\u200e${code}`,
  ]) {
    assert.ok(takenRecoveryCode({ ...ann, code: typed, verifiers }), typed);
    assert.ok(isRecoveryCode(typed));
  }
  for (const other of ['050471', '', code.slice(1), 'A'.repeat(1_000_000)]) assert.ok(!isRecoveryCode(other));
});

test('no other is', () => {
  const { codes, verifiers } = given();
  const [code = ''] = codes;
  for (const wrong of ['', '-', code.slice(1), `${code}0`, code.replace(/.$/, '!'), '0'.repeat(1_000_000)])
    assert.equal(takenRecoveryCode({ ...ann, code: wrong, verifiers }), undefined);
  assert.equal(takenRecoveryCode({ ...ann, person: 'bob', code, verifiers }), undefined, 'of another person');
  const other = { person: 'ann', key: new Uint8Array(32).fill(8) };
  assert.equal(takenRecoveryCode({ ...other, code, verifiers }), undefined, 'under another key');
  assert.equal(
    takenRecoveryCode({ ...ann, code, verifiers: ['', 'AAAA'] }),
    undefined,
    'what is no verifier',
  );
});
