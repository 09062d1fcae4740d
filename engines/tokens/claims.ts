import { z } from 'zod';
import { Actor, Role, TokenSubject } from '#domain/kernel/actor.ts';
import { instant } from '#domain/kernel/instant.ts';
import { AS_OF, GRANT, type Identity, STEPPED_UP, type TokenNames } from '#domain/kernel/ports/tokens.ts';

// What a token may say, whoever has signed it.

/** Two machines' clocks may disagree by this much. */
export const CLOCK_TOLERANCE_SECONDS = 5;
/** Of the year 9999, since 1970: the last that an `Instant` can tell. */
const LAST_SECOND = 253_402_300_799;
/** Of 16 KiB, which is all that a request's headers, what a socket says before it is known, and a record beside its body may have. */
export const MAX_TOKEN_CHARACTERS = 12 * 1_024;

/** Seconds since 1970. */
const Moment = z.number().max(LAST_SECOND);

/** Of a token or a session; whoever issues it makes it up. */
const Name = z.string().min(1).max(255);

export const TokenRoles = z.array(Role.exclude(['system'])).max(8);

export const Claims = z.object({
  sub: TokenSubject,
  roles: TokenRoles,
  reputation: Actor.shape.reputation.default(0),
  keepers: Actor.shape.keepers,
  exp: Moment,
  // Not compared with the present: where a clock is set back, everybody's token is of the future.
  iat: Moment.min(0).optional(),
  jti: Name.optional(),
  sid: Name.optional(),
  acr: z.string().max(255).optional(),
  auth_time: Moment.min(0).optional(),
  client_id: Name.optional().catch(undefined),
  amr: z.array(z.string().max(64)).max(16).optional().catch(undefined),
  // Elsewhere these may mean anything.
  [GRANT]: Name.optional().catch(undefined),
  [AS_OF]: z.int().min(0).optional().catch(undefined),
});
export type Claims = z.output<typeof Claims>;

const namesIn = (
  { jti, sid, iat, auth_time, acr, amr, client_id: client, ...ours }: Claims,
  isOurs: boolean,
): TokenNames => ({
  ...(jti !== undefined && { id: jti }),
  ...(sid !== undefined && { session: sid }),
  ...(iat !== undefined && { issuedAt: instant(Math.floor(iat) * 1000) }),
  ...(isOurs && ours[AS_OF] !== undefined && { asOf: ours[AS_OF] }),
  ...(isOurs && ours[GRANT] !== undefined && { grant: ours[GRANT] }),
  ...(auth_time !== undefined && { provenAt: instant(Math.floor(auth_time) * 1000) }),
  ...(isOurs && client !== undefined && { client }),
  ...(isOurs && acr === STEPPED_UP && amr !== undefined && { steppedUpBy: amr }),
});

/** @param isOurs whether our own provider has issued it, which knows what it has read */
export const identityOf = (claims: Claims, isOurs = false): Identity => ({
  actor: {
    ...{ id: claims.sub, roles: claims.roles, reputation: claims.reputation },
    ...(claims.keepers !== undefined && { keepers: claims.keepers }),
  },
  expiresAt: instant(Math.floor(claims.exp * 1000)),
  token: namesIn(claims, isOurs),
  steppedUp: claims.acr === STEPPED_UP,
});
