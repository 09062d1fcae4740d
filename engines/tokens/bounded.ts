import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { LONGEST_TOKEN_MS } from '#domain/kernel/ports/revocations.ts';
import { OWN_TOKEN_MS, STEPPED_UP_MS, type TokenVerifier } from '#domain/kernel/ports/tokens.ts';

/** "Just before", whatever a token says of itself: as long as one of ours says so that was given out in the last moment. */
const FRESH_MS = STEPPED_UP_MS + OWN_TOKEN_MS;

/**
 * Takes no token that holds for longer than a day, or does not say since when; and believes no step-up that lies a quarter of an hour back.
 * Whoever signs tokens elsewhere may make them as they like.
 *
 * @param refused is told why, without anything that stands in the token
 */
export const boundedVerifier = (
  verifier: TokenVerifier,
  clock: Pick<Clock, 'now'>,
  refused: (reason: string) => void = () => undefined,
): TokenVerifier => ({
  async verify(token, at = clock.now()) {
    const identity = await verifier.verify(token, at);
    if (identity === undefined) return undefined;
    const { issuedAt, provenAt = issuedAt } = identity.token;
    if (issuedAt === undefined || provenAt === undefined) return refused('iat: missing') as undefined;
    if (later(issuedAt, LONGEST_TOKEN_MS) < identity.expiresAt)
      return refused('exp: more than 24 hours after iat') as undefined;
    return { ...identity, steppedUp: identity.steppedUp && at <= later(provenAt, FRESH_MS) };
  },
});
