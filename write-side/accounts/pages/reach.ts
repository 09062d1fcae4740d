import type { Role } from '#domain/kernel/actor.ts';

// What a system may do with a token of somebody's. What it asks for (`scope`) narrows nothing but what it is told of them: a token carries
// the roles of its person, and with them everything that they could do by themselves.

type Reach = 'own' | 'profile' | 'bid' | 'money' | 'sell' | 'house' | 'lead' | 'see' | 'watch' | 'run';
/** Only for as long as they have just proven who they are. */
type ReachProven = 'ownProven' | 'moneyProven' | 'runProven';

const BY_ROLE: Readonly<Record<Role, readonly Reach[]>> = {
  bidder: ['profile', 'bid', 'money'],
  seller: ['profile', 'sell', 'money'],
  clerk: ['profile', 'house'],
  auctioneer: ['profile', 'house', 'lead'],
  auditor: ['profile', 'see'],
  investigator: ['profile', 'see', 'watch'],
  admin: ['run'],
  system: [],
};

/** In this order. */
export function reachOf(roles: readonly Role[]): {
  readonly always: readonly Reach[];
  readonly proven: readonly ReachProven[];
} {
  const always = new Set<Reach>(['own', ...roles.flatMap((role) => BY_ROLE[role])]);
  return {
    always: [...always],
    proven: [
      ...(always.has('money') ? (['moneyProven'] as const) : []),
      ...(always.has('run') ? (['runProven'] as const) : []),
      'ownProven',
    ],
  };
}
