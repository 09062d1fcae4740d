import type { FoldedAt } from '../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../kernel/id-table.ts';

/**
 * Who has entered or changed something: they bid on it under no role. Each stream of a lot, a sale and an auction keeps its
 * own, folded from who asked for its events, so that there may be any number of them and no event has to name them.
 */
export type Hands = IdTable<true>;
export const noHands: Hands = emptyTable;

export const withHand = (hands: Hands, { actor }: Pick<FoldedAt, 'actor'>): Hands =>
  valueIn(hands, actor) === undefined ? withValue(hands, actor, true) : hands;

export const isAmong = (hands: Hands, person: string): boolean => valueIn(hands, person) !== undefined;
export const isAnyAmong = (hands: Hands, people: readonly string[]): boolean =>
  people.some((person) => isAmong(hands, person));
