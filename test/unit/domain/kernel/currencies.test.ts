import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currencies, KnownCurrency, shown } from '#domain/kernel/currencies.ts';

test('the currencies that exist are those of ISO 4217, with the exponents of their minor units', () => {
  for (const known of currencies.values())
    assert.equal(KnownCurrency.safeEncode(known).success, true, known.code);
  const exponents = { USD: 2, EUR: 2, JPY: 0, ISK: 0, BHD: 3, TND: 3, IQD: 3, CLF: 4, MGA: 2, HUF: 2 };
  for (const [code, exponent] of Object.entries(exponents))
    assert.equal(currencies.get(code)?.exponent, exponent, code);
  for (const code of ['XXX', 'XTS', 'XAU', 'DEM', 'ABC', 'HRK'])
    assert.equal(currencies.get(code), undefined, code);
});

test('no currency is missing that people pay with, by a list of others', () => {
  // As ICU knows them, but for what is no tender any more and what has no minor unit.
  const names = new Intl.DisplayNames('en', { type: 'currency' });
  const tender = Intl.supportedValuesOf('currency').filter(
    (code) => currencies.has(code) && names.of(code) !== code,
  );
  assert.ok(tender.length > 150, `${tender.length}`);
});

test('people are shown amounts in major units, with as many places as the currency has', () => {
  const table = [
    [17_750n, 'USD', '177.50 USD'],
    [5n, 'EUR', '0.05 EUR'],
    [0n, 'EUR', '0.00 EUR'],
    [123_456_789n, 'USD', '1,234,567.89 USD'],
    [1_500n, 'JPY', '1,500 JPY'],
    [1_500n, 'BHD', '1.500 BHD'],
    [7n, 'ABC', '7 of the smallest unit of ABC'],
  ] as const;
  for (const [amount, currency, text] of table) assert.equal(shown({ amount, currency }), text);
});
