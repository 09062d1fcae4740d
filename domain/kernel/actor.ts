import { z } from 'zod';
import { PersonId } from './ids.ts';

/** What a token may say of a person, and `system` for what reactions, sagas and timers do. */
export const Role = z
  .enum(['bidder', 'seller', 'auctioneer', 'clerk', 'auditor', 'investigator', 'admin', 'system'])
  .meta({ id: 'Role', description: 'What a person may do.' });
export type Role = z.output<typeof Role>;

/** Who may see the money, the bids and the secrets of others, and so may not act on them. */
export const overseers: readonly Role[] = ['auditor', 'investigator'];

/** Who asks. `reputation` is a whole number that the issuer of the token vouches for (feedback score; 0 is unknown). */
export const Actor = z.object({
  id: PersonId,
  roles: z.array(Role).max(8),
  reputation: z.int().min(-1_000_000).max(1_000_000),
});
export type Actor = z.output<typeof Actor>;

/** A reaction or a saga as the one who asks. */
export const systemActor = (name: string): Actor => ({
  id: `system.${name}`,
  roles: ['system'],
  reputation: 0,
});
