import { z } from 'zod';
import { ISO_4217 } from './iso-4217.ts';
import { rejection } from './message.ts';
import { Currency, type Money } from './money.ts';

/** A currency that exists, and what its minor unit is worth: an exponent of 2 means that a hundred of them are one. */
export const KnownCurrency = z
  .object({
    code: Currency,
    name: z.string(),
    /** How many decimal places an amount in major units has. */
    exponent: z.int().min(0).max(4),
  })
  .meta({ id: 'KnownCurrency', description: 'A currency of ISO 4217, with the exponent of its minor unit.' });
export type KnownCurrency = z.output<typeof KnownCurrency>;

/** Every currency in which something can be begun, by its code. */
export const currencies: ReadonlyMap<string, KnownCurrency> = new Map(
  ISO_4217.trim()
    .split('\n')
    .map((line) => {
      const [code = '', exponent = '', ...name] = line.split(' ');
      return [code, { code, name: name.join(' '), exponent: Number(exponent) }] as const;
    }),
);

/** Said where something begins; what is there in a currency that does not exist can be ended like everything else. */
export const CurrencyUnknown = rejection('currency_unknown', {
  message: 'ISO 4217 has no such currency with a minor unit. The query `currencies` lists those it has.',
  details: { currency: Currency },
  status: 422,
});

/** An amount for people to read: `177.50 USD`. What a currency that does not exist counts in is not known. */
export function shown({ amount, currency }: Money): string {
  const exponent = currencies.get(currency)?.exponent;
  if (exponent === undefined) return `${amount} of the smallest unit of ${currency}`;
  const digits = amount.toString().padStart(exponent + 1, '0');
  const [major, minor] = [digits.slice(0, digits.length - exponent), digits.slice(digits.length - exponent)];
  return `${major.replace(/\B(?=(\d{3})+$)/g, ',')}${minor === '' ? '' : `.${minor}`} ${currency}`;
}
