import type { Actor, Role } from '#domain/kernel/actor.ts';
import { person } from '#test/support/given.ts';

/** Everybody in a story. Sue sells and has no wallet; Eve is a stranger; Joe comes in the evening, and owes; Otto is the auctioneer. */
const everybody: readonly Actor[] = [
  ...['ann', 'bob', 'cat', 'dan', 'eve', 'joe'].map((id) => person(id)),
  ...['sam', 'sue'].map((id) => person(id, ['seller', 'bidder'])),
  person('otto', ['auctioneer']),
];

/** Tokens of staff that people have besides: `sam as auctioneer` is Sam. */
const AS = / as (auctioneer|clerk)$/;

export function actorOf(who: string): Actor {
  const [besides = '', role] = AS.exec(who) ?? [];
  const id = who.slice(0, who.length - besides.length);
  const actor = everybody.find((one) => one.id === id);
  if (actor === undefined) throw new Error(`nobody is called ${who}`);
  return role === undefined ? actor : { ...actor, roles: [...actor.roles, role as Role] };
}
