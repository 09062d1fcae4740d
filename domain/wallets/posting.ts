import { z } from 'zod';
import type { PersonId } from '../kernel/ids.ts';
import { type Currency, SignedSum } from '../kernel/money.ts';

/** Every account there is: its kind, whose it is, its currency, and the side of a wallet. */
const ACCOUNT =
  /^(wallet:[A-Za-z0-9][\w.-]{0,63}:[A-Z]{3}:(available|held)|(platform|provider|outside|clearing|unclaimed|receivable):[A-Za-z0-9][\w.-]{0,63}:[A-Z]{3})$/;

/**
 * One side of a movement of money: the account and by how much its balance changes. Accounts are
 * `wallet:<person>:<currency>:available|held`, `unclaimed:<person>:<currency>` (owed to a person),
 * `receivable:<person>:<currency>` (owed by one, below zero), `platform:<account>:<currency>`, `provider:<name>:<currency>`,
 * `outside:<how>:<currency>` (what the house has given out by itself, past every provider) and `clearing:<movement>:<currency>`.
 */
export const Posting = z
  .object({ account: z.string().regex(ACCOUNT, 'an account of the ledger'), amount: SignedSum })
  .meta({ id: 'Posting', description: 'An account and the change of its balance, in minor units.' });
export type Posting = z.output<typeof Posting>;

const currencyIn = (account: string): string => account.split(':')[2] ?? '';

/** Whether postings sum to zero in one currency; none at all do. */
export function balanced(postings: readonly Posting[]): boolean {
  const first = postings[0];
  if (first === undefined) return true;
  const currency = currencyIn(first.account);
  return (
    postings.every(({ account, amount }) => amount !== 0n && currencyIn(account) === currency) &&
    postings.reduce((sum, { amount }) => sum + amount, 0n) === 0n
  );
}

/**
 * All that one event moves: none, or 2 to 16 postings of one currency that sum to zero. None means that the event is
 * about money but moves nothing, for example the end of a claim that a larger one covers.
 */
export const Postings = z
  .array(Posting)
  .max(16)
  .refine(balanced, 'postings of one currency, none of them zero, that sum to zero')
  .meta({ id: 'Postings', description: 'Double entry: what one event moves, summing to zero.' });
export type Postings = z.output<typeof Postings>;

// The names of accounts, said once.
export const availableOf = (person: PersonId, currency: Currency): string =>
  `wallet:${person}:${currency}:available`;
export const heldOf = (person: PersonId, currency: Currency): string => `wallet:${person}:${currency}:held`;
export const unclaimedOf = (person: PersonId, currency: Currency): string =>
  `unclaimed:${person}:${currency}`;
export const receivableOf = (person: PersonId, currency: Currency): string =>
  `receivable:${person}:${currency}`;
export const platformAccount = (account: string, currency: Currency): string =>
  `platform:${account}:${currency}`;
export const providerAccount = (provider: string, currency: Currency): string =>
  `provider:${provider}:${currency}`;
export const outsideAccount = (how: string, currency: Currency): string => `outside:${how}:${currency}`;
export const clearingOf = (movement: string, currency: Currency): string =>
  `clearing:${movement}:${currency}`;

/** Moves `amount` (minor units; nothing is moved when it is zero, back when it is negative) between two accounts. */
export const moved = (from: string, to: string, amount: bigint): Postings =>
  amount === 0n
    ? []
    : [
        { account: from, amount: -amount },
        { account: to, amount },
      ];
