import { z } from 'zod';
import { PersonId } from './ids.ts';

/** What a token may say of a person, and `system` for what reactions, sagas and timers do. */
export const Role = z
  .enum(['bidder', 'seller', 'auctioneer', 'clerk', 'auditor', 'investigator', 'admin', 'system'])
  .meta({ id: 'Role', description: 'What a person may do.' });
export type Role = z.output<typeof Role>;

/** Who may see the money, the bids and the secrets of others, and so may not act on them. */
export const overseers: readonly Role[] = ['auditor', 'investigator'];

/** Of a system: who has registered it, and who has given it the secret of now. */
export const Keepers = z.array(PersonId).max(2);

/**
 * Who asks. `reputation` is a whole number that the issuer of the token vouches for (feedback score; 0 is unknown). `keepers`: a system is
 * nobody, and does what those want who hold its secret.
 */
export const Actor = z.object({
  id: PersonId,
  roles: z.array(Role).max(8),
  reputation: z.int().min(-1_000_000).max(1_000_000),
  keepers: Keepers.optional(),
});
export type Actor = z.output<typeof Actor>;

/** What the name of every reaction, saga and webhook begins with, as the one who asks. */
const SYSTEM = 'system.';

/**
 * Whom a token may stand for: anybody but those of the system. Commands are decided once per actor and id, so whoever came
 * under such a name could take the ids that a saga has yet to use. A rule for tokens alone: histories keep what they hold.
 */
export const TokenSubject = PersonId.regex(/^(?!system\.)/, `names that begin with ${SYSTEM} are reserved`);

/** A reaction or a saga as the one who asks. */
export const systemActor = (name: string): Actor => ({
  id: `${SYSTEM}${name}`,
  roles: ['system'],
  reputation: 0,
});
