import type { Instant } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Identity, TokenVerifier } from '#domain/kernel/ports/tokens.ts';

/** The tokens in use at a time, and the memory of them. */
const REMEMBERED_TOKENS = 5_000;
const REMEMBERED_CHARACTERS = REMEMBERED_TOKENS * 4_096;

interface Known {
  readonly identity: Identity;
  /** The first moment at which it was found good; so it is at all between this and its end. */
  readonly goodAt: Instant;
}

/**
 * Verifies each token once while it holds: a signature that was good stays good until its end, and checking it again for
 * every bid costs more than deciding the bid. Only what was verified is remembered, never a no.
 *
 * @param keys names what it is verified by: where they are others than before, nothing is remembered, since one that is gone vouches for nobody
 */
export function rememberedVerifier(
  verifier: TokenVerifier,
  clock: Pick<Clock, 'now'>,
  keys: () => unknown = () => undefined,
): TokenVerifier {
  /** The longest untouched first. */
  const known = new Map<string, Known>();
  let characters = 0;
  let by = keys();
  function forgetOfOthers(): void {
    if (by === keys()) return;
    by = keys();
    known.clear();
    characters = 0;
  }
  function forget(token: string): Known | undefined {
    const found = known.get(token);
    if (known.delete(token)) characters -= token.length;
    return found;
  }
  function keep(token: string, what: Known): void {
    forget(token);
    known.set(token, what);
    characters += token.length;
    for (const oldest of known.keys()) {
      if (known.size <= REMEMBERED_TOKENS && characters <= REMEMBERED_CHARACTERS) break;
      forget(oldest);
    }
  }
  return {
    async verify(token, at = clock.now()) {
      forgetOfOthers();
      const asked = by;
      const before = forget(token);
      // Beyond its end the verifier has the last word, which also knows how far clocks may differ; and before the first moment at
      // which it was good, where it may not have begun.
      const isGood = before !== undefined && before.goodAt <= at && at < before.identity.expiresAt;
      const identity = isGood ? before.identity : await verifier.verify(token, at);
      // The keys have become others while it was verified: it is taken this once, and asked of them from then on.
      if (asked !== keys()) return identity;
      if (identity === undefined) {
        // It was not good at that moment, and still is at those between.
        if (before !== undefined) keep(token, before);
        return undefined;
      }
      const goodAt = before !== undefined && before.goodAt < at ? before.goodAt : at;
      keep(token, { identity, goodAt });
      return identity;
    },
  };
}
