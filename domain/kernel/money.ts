import { z } from 'zod';
import { writtenAsRead } from '../zod/picking.ts';

/** ISO 4217 alphabetic code, for example `USD`. It names the minor unit in which an amount counts. */
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'an ISO 4217 code of three capital letters')
  .meta({ id: 'Currency', description: 'ISO 4217 currency code, for example USD.' });
export type Currency = z.output<typeof Currency>;

/** 18 digits: the sum of ten million of the largest amounts still fits in a signed 128-bit integer of any peer. */
const MINOR_UNITS = /^(0|[1-9][0-9]{0,17})$/;

/** The largest amount one message may carry, in minor units. */
export const MAX_AMOUNT = 999_999_999_999_999_999n;

/** What is wrong with a text that is to be a number of minor units, and what would be right. */
const amountProblem =
  (digits: number, otherwise: string) =>
  ({ input }: { readonly input?: unknown }): string => {
    const text = String(input);
    if (/^-?0+[0-9]/.test(text)) return 'a number without zeros in front of it, for example "17750"';
    if (/^-?[0-9]+$/.test(text) && text.replace('-', '').length > digits)
      return `too large: at most ${digits} digits`;
    if (/^-?[0-9]+[.,][0-9]+$/.test(text))
      return 'a number of whole minor units: "17750" for 177.50 of a currency with two decimal places';
    return otherwise;
  };

const toBigint = { decode: (text: string) => BigInt(text), encode: (amount: bigint) => amount.toString() };

/** A non-negative amount in minor units: bigint in memory, decimal string on the wire. */
export const MinorUnits = writtenAsRead(
  z.codec(
    z.string().regex(MINOR_UNITS, {
      error: amountProblem(18, 'whole minor units as a decimal string, for example "17750"'),
    }),
    z.bigint().min(0n).max(MAX_AMOUNT),
    toBigint,
  ),
).meta({ id: 'MinorUnits', description: 'Whole minor units (cents) as a decimal string.' });

/** 36 digits: the sum of any number of amounts that a history can hold. */
const SUM = /^(0|[1-9][0-9]{0,35})$/;
const SIGNED_SUM = /^(0|-?[1-9][0-9]{0,35})$/;
const LARGEST_SUM = 10n ** 36n - 1n;

/**
 * Many amounts together: more than any one amount may be. What somebody asks for, offers or tells once is an amount; what has
 * come together (a balance, a debt, whatever an event says that an account holds after it) and what moves all of it is a sum.
 * Otherwise one amount too many could not be recorded, and would be tried for ever.
 */
export const Sum = writtenAsRead(
  z.codec(
    z.string().regex(SUM, { error: amountProblem(36, 'a sum in whole minor units as a decimal string') }),
    z.bigint().min(0n).max(LARGEST_SUM),
    toBigint,
  ),
).meta({
  id: 'Sum',
  description:
    'Many amounts together, in whole minor units as a decimal string: perhaps more than one amount.',
});

/** As {@link Sum}, more than nothing. */
export const PositiveSum = writtenAsRead(
  z.codec(
    z.string().regex(/^[1-9][0-9]{0,35}$/, {
      error: amountProblem(36, 'a sum of more than zero, in whole minor units as a decimal string'),
    }),
    z.bigint().min(1n).max(LARGEST_SUM),
    toBigint,
  ),
).meta({
  id: 'PositiveSum',
  description: 'Many amounts together, at least 1, in whole minor units as a decimal string.',
});

/** As {@link Sum}, with a sign. */
export const SignedSum = writtenAsRead(
  z.codec(
    z.string().regex(SIGNED_SUM, {
      error: amountProblem(36, 'a sum in whole minor units with a sign, as a decimal string'),
    }),
    z.bigint().min(-LARGEST_SUM).max(LARGEST_SUM),
    toBigint,
  ),
).meta({
  id: 'SignedSum',
  description: 'Many amounts together with a sign, in whole minor units as a decimal string.',
});

/** As {@link MinorUnits}, more than nothing. */
export const PositiveMinorUnits = writtenAsRead(
  z.codec(
    z.string().regex(/^[1-9][0-9]{0,17}$/, {
      error: amountProblem(18, 'more than zero, in whole minor units as a decimal string'),
    }),
    z.bigint().min(1n).max(MAX_AMOUNT),
    toBigint,
  ),
).meta({ id: 'PositiveMinorUnits', description: 'Whole minor units, at least 1, as a decimal string.' });

/** An amount of one currency: `{ amount: 17750n, currency: 'USD' }` is 177.50 US dollars; `"17750"` on the wire. */
export const Money = z.object({ amount: MinorUnits, currency: Currency }).meta({
  id: 'Money',
  description:
    'An amount in minor units with its currency: {"amount":"17750","currency":"USD"} is 177.50 USD.',
});
export type Money = z.output<typeof Money>;

/** A sum of money that is more than nothing; what a person may offer, transfer or withdraw. */
export const PositiveMoney = z
  .object({ amount: PositiveMinorUnits, currency: Currency })
  .meta({ id: 'PositiveMoney', description: 'More than nothing, in minor units with its currency.' });

export const money = (amount: bigint, currency: Currency): Money => ({ amount, currency });

export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
