import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';

/** What a challenge was made for; an answer to one is no answer to another. */
export type ChallengePurpose = 'registration' | 'signIn' | 'stepUp';

/** Whose it is: a person, or before anybody is known the session of a browser. */
export interface ChallengeOf {
  readonly purpose: ChallengePurpose;
  readonly holder: string;
}

export interface ChallengeLimits {
  readonly lastsMs: number;
  /** Answered ones that are remembered until their time is over. */
  readonly used: number;
}

export const challengeLimits: ChallengeLimits = { lastsMs: 5 * 60_000, used: 20_000 };

const RANDOM_BYTES = 16;
const TIME_BYTES = 6;
const SEAL_BYTES = 16;
const SEALED_BYTES = RANDOM_BYTES + TIME_BYTES;
const KEY_BYTES = 32;

export interface Challenges {
  issue(of: ChallengeOf, nowMs: number): Uint8Array<ArrayBuffer>;
  /**
   * Whether this is one that was issued for it, still holds, and is answered for the first time; from now on it is not.
   *
   * @param challenge as Base64url, as it comes back
   * @throws RejectedError `overloaded` where no more can be remembered: nothing was used up
   */
  take(challenge: string, of: ChallengeOf, nowMs: number): boolean;
}

/**
 * A challenge says itself until when it holds, and is sealed for its holder and purpose with a key of this process: issuing costs no
 * memory, so that nobody fills any by asking. Only answers are remembered, which are throttled. A restart makes all void.
 */
export function challenges(random: RandomBytes, limits: ChallengeLimits = challengeLimits): Challenges {
  const key = random(KEY_BYTES);
  /** In the order of taking, with the end of each. */
  const used = new Map<string, number>();

  const sealOf = (head: Uint8Array, { purpose, holder }: ChallengeOf): Buffer =>
    createHmac('sha256', key).update(head).update(`${purpose}\0${holder}`).digest().subarray(0, SEAL_BYTES);

  function forgetEnded(nowMs: number): void {
    for (const [challenge, endsAtMs] of used) if (endsAtMs <= nowMs) used.delete(challenge);
  }

  return {
    issue(of, nowMs) {
      const issued = Buffer.alloc(SEALED_BYTES + SEAL_BYTES);
      issued.set(random(RANDOM_BYTES));
      issued.writeUIntBE(nowMs + limits.lastsMs, RANDOM_BYTES, TIME_BYTES);
      issued.set(sealOf(issued.subarray(0, SEALED_BYTES), of), SEALED_BYTES);
      return new Uint8Array(issued);
    },
    take(challenge, of, nowMs) {
      const bytes = Buffer.from(challenge, 'base64url');
      if (bytes.length !== SEALED_BYTES + SEAL_BYTES) return false;
      const head = bytes.subarray(0, SEALED_BYTES);
      if (!timingSafeEqual(bytes.subarray(SEALED_BYTES), sealOf(head, of))) return false;
      const endsAtMs = head.readUIntBE(RANDOM_BYTES, TIME_BYTES);
      // In one spelling: Base64url leaves some for the same bytes.
      const name = bytes.toString('base64url');
      if (endsAtMs <= nowMs || used.has(name)) return false;
      if (used.size >= limits.used) forgetEnded(nowMs);
      if (used.size >= limits.used) throw new RejectedError(Overloaded({ retryAfterMs: limits.lastsMs }));
      used.set(name, endsAtMs);
      return true;
    },
  };
}
