import type { Actor } from '#domain/kernel/actor.ts';
import { person } from '#test/support/auctions.ts';

/** Everybody in a story. Sue sells and has no wallet; Eve is a stranger; Otto is the auctioneer. */
const everybody: readonly Actor[] = [
  ...['ann', 'bob', 'cat', 'dan', 'eve'].map((id) => person(id)),
  ...['sam', 'sue'].map((id) => person(id, ['seller', 'bidder'])),
  person('otto', ['auctioneer']),
];

export function actorOf(id: string): Actor {
  const actor = everybody.find((one) => one.id === id);
  if (actor === undefined) throw new Error(`nobody is called ${id}`);
  return actor;
}
