import { timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import type { Argon2Cost, PasswordHashing } from '#domain/kernel/ports/password-hashing.ts';
import { normalised } from './normalised.ts';
import {
  argon2Cost,
  isOutdated,
  phcOf,
  SALT_BYTES,
  TAG_BYTES,
  type Verifier,
  verifierOf,
} from './verifier.ts';

export interface Verification {
  readonly matches: boolean;
  /** It matches, and the verifier should be made anew of the same password: today's cost another. */
  readonly outdated: boolean;
}

/** The one place that sees passwords: everywhere else there are verifiers. */
export interface Passwords {
  /**
   * A verifier for a password that was found fit ({@link passwordProblem}).
   *
   * @throws RangeError for what no password can be
   * @throws RejectedError `overloaded`, `unavailable`
   */
  verifier(password: string): Promise<string>;
  /**
   * Whether this is the password. Without a verifier, because there is no such account or it has no password, the same
   * work is done for nothing, so that the time tells nobody which it was.
   *
   * @throws RejectedError `overloaded`, `unavailable`
   */
  verify(password: string, verifier: string | undefined): Promise<Verification>;
}

const NO: Verification = { matches: false, outdated: false };

export function passwords(options: {
  readonly hashing: PasswordHashing;
  readonly random: RandomBytes;
  readonly cost?: Argon2Cost;
}): Passwords {
  const { hashing, random, cost = argon2Cost } = options;
  /** A tag that no password has: to be compared with, and never equal. */
  const decoy: Verifier = { ...cost, salt: random(SALT_BYTES), tag: random(TAG_BYTES) };

  const tagOf = (text: string, { memoryKib, passes, lanes, salt, tag }: Verifier): Promise<Uint8Array> =>
    hashing.argon2id({
      secret: Buffer.from(text),
      salt,
      tagBytes: tag.length,
      memoryKib,
      passes,
      lanes,
    });

  return {
    async verifier(password) {
      const read = normalised(password);
      if (read === undefined) throw new RangeError('this is no password');
      const draft = { ...cost, salt: random(SALT_BYTES), tag: new Uint8Array(TAG_BYTES) };
      return phcOf({ ...draft, tag: await tagOf(read.text, draft) });
    },
    async verify(password, phc) {
      const read = normalised(password);
      // Whoever sends such a thing learns of nobody: it is as quick for every account.
      if (read === undefined) return NO;
      const known = phc === undefined ? undefined : verifierOf(phc);
      const verifier = known ?? decoy;
      const isSame = timingSafeEqual(await tagOf(read.text, verifier), verifier.tag);
      if (!isSame || known === undefined) return NO;
      return { matches: true, outdated: isOutdated(known, cost) };
    },
  };
}
