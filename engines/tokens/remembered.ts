import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Identity, TokenVerifier } from '#domain/kernel/ports/tokens.ts';

/** The tokens in use at a time; at 4 KiB each the memory is bounded, too. */
const REMEMBERED_TOKENS = 5_000;

/**
 * Verifies each token once while it holds: a signature that was good stays good until its end, and checking it again for
 * every bid costs more than deciding the bid. Only what was verified is remembered, never a no.
 */
export function rememberedVerifier(verifier: TokenVerifier, clock: Pick<Clock, 'now'>): TokenVerifier {
  /** The longest untouched first. */
  const known = new Map<string, Identity>();
  return {
    async verify(token) {
      const before = known.get(token);
      known.delete(token);
      // Beyond its end the verifier has the last word, which also knows how far clocks may differ.
      const isGood = before !== undefined && clock.now() < before.expiresAt;
      const identity = isGood ? before : await verifier.verify(token);
      if (identity === undefined) return undefined;
      known.set(token, identity);
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED_TOKENS) break;
        known.delete(oldest);
      }
      return identity;
    },
  };
}
