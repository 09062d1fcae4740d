import { z } from 'zod';

/**
 * Ids are opaque: letters, digits, `_`, `.` and `-`, so that they can stand in a stream's name (`-` ends the category
 * only once, `:` joins two ids) and in a URL as they are.
 */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** Declares a kind of ids; what only one context speaks of stands in its `ids.ts`. */
export const idOfKind = <Name extends string>(name: Name, description: string) =>
  z.string().regex(ID, 'one to 64 letters, digits, _ . or -').meta({ id: name, description });

export const PersonId = idOfKind('PersonId', 'A person, by a pseudonym that says nothing about them.');
export type PersonId = z.output<typeof PersonId>;
export const MovementId = idOfKind('MovementId', 'A movement of money that spans more than one account.');
export type MovementId = z.output<typeof MovementId>;
export const PaymentId = idOfKind('PaymentId', 'A payment at the payment provider, in or out.');
export type PaymentId = z.output<typeof PaymentId>;

/** `auction-1`, `wallet-ann:USD`: the category ends at the first hyphen. */
export const categoryOf = (stream: string): string => stream.slice(0, Math.max(0, stream.indexOf('-')));
/** The part of a stream's name behind its category. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
