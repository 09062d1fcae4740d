import { z } from 'zod';

/**
 * Ids are opaque: letters, digits, `_`, `.` and `-`, so that they can stand in a stream's name (`-` ends the category
 * only once, `:` joins two ids) and in a URL as they are.
 */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const id = <Name extends string>(name: Name, description: string) =>
  z.string().regex(ID, 'one to 64 letters, digits, _ . or -').meta({ id: name, description });

export const PersonId = id('PersonId', 'A person, by a pseudonym that says nothing about them.');
export type PersonId = z.output<typeof PersonId>;
export const SaleId = id('SaleId', 'A sale: lots offered together on one set of terms.');
export type SaleId = z.output<typeof SaleId>;
export const LotId = id('LotId', 'A lot: what is put up for sale as one.');
export type LotId = z.output<typeof LotId>;
export const AuctionId = id('AuctionId', 'The auction of one lot.');
export type AuctionId = z.output<typeof AuctionId>;
export const BidId = id('BidId', 'One bid of one person in one auction.');
export type BidId = z.output<typeof BidId>;
export const HoldId = id('HoldId', 'A hold on funds in one wallet.');
export type HoldId = z.output<typeof HoldId>;
export const ClaimId = id('ClaimId', 'One reason for a hold, for example one bid.');
export type ClaimId = z.output<typeof ClaimId>;
export const MovementId = id('MovementId', 'A movement of money that spans more than one account.');
export type MovementId = z.output<typeof MovementId>;
export const PaymentId = id('PaymentId', 'A payment at the payment provider, in or out.');
export type PaymentId = z.output<typeof PaymentId>;

/** `auction-1`, `wallet-ann:USD`: the category ends at the first hyphen. */
export const categoryOf = (stream: string): string => stream.slice(0, Math.max(0, stream.indexOf('-')));
/** The part of a stream's name behind its category. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
