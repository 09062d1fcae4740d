import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressAsTyped, asTyped, codeAsTyped } from '#domain/kernel/typed.ts';

const DIGITS = '0123456789';

test('digits of every script are those of ASCII', () => {
  const scripts = Intl.supportedValuesOf('numberingSystem').map((system) => {
    const inScript = new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false });
    return [...DIGITS].map((digit) => inScript.format(Number(digit))).join('');
  });
  const decimal = scripts.filter((digits) => /^\p{Nd}{10}$/u.test(digits));
  assert.ok(decimal.length > 50, String(decimal.length));
  for (const digits of decimal) assert.equal(asTyped(digits), DIGITS, digits);
});

test('letters of full width are plain ones, every dash is a hyphen, and what nobody sees is gone', () => {
  assert.equal(asTyped('ＡＢＣｄ\u2013１２'), 'ABCd-12');
  for (const dash of [
    '-',
    '\u2010',
    '\u2011',
    '\u2012',
    '\u2013',
    '\u2014',
    '\u2015',
    '\u2212',
    '\uff0d',
    '\ufe63',
    '\u30fc',
    '\uff70',
  ])
    assert.equal(asTyped(`A${dash}B`), 'A-B', dash);
  for (const unseen of [
    '\u00ad',
    '\u200b',
    '\u200d',
    '\u200e',
    '\u200f',
    '\u061c',
    '\u202a',
    '\u2066',
    '\u2069',
    '\ufeff',
  ])
    assert.equal(asTyped(`${unseen}1${unseen}2`), '12', JSON.stringify(unseen));
  assert.equal(codeAsTyped('\u2066１２３\u00a0–\u3000٤٥٦\u2069'), '123456');
  assert.equal(asTyped('a b'), 'a b');
});

test('an address is read as it was meant, and no domain for another', () => {
  const address = addressAsTyped;
  assert.equal(address('ａｎｎ＠ｍａｉｌ．ｅｘａｍｐｌｅ'), 'ann@mail.example');
  assert.equal(address('\u200e ann\u2011lee١@mail.example\u200f '), 'ann-lee1@mail.example');
  for (const same of [
    'ann@コーヒー.example',
    'ann@مثال٣.example',
    'ann@نامه\u200cای.example',
    'no address',
    '',
  ])
    assert.equal(address(same), same);
});
