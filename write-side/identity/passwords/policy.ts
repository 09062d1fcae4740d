import type { Blocklist } from './blocklist.ts';
import { MOST_BYTES, MOST_CODE_POINTS, normalised } from './normalised.ts';
import { isRepeated, isRun } from './predictable.ts';

/** Code points of a password (NIST SP 800-63B-4, 3.1.1.2): alone, and where it is one of two factors. */
export const leastCodePoints = { alone: 15, withSecondFactor: 8 } as const;

/** Why a password may not be chosen. */
export type PasswordProblem =
  | { readonly problem: 'too_short'; readonly least: number }
  | { readonly problem: 'too_long'; readonly mostCharacters: number; readonly mostBytes: number }
  | { readonly problem: 'common' | 'personal' | 'repeated' | 'run' };

export interface Choice {
  readonly password: string;
  /** Whether a sign-in with it asks for a second factor, from the first time on. */
  readonly withSecondFactor: boolean;
  /** What others know of the person: the login, the names. */
  readonly about: readonly string[];
}

/** Shorter words stand in other words by chance. */
const FEWEST_OF_A_WORD = 4;
const MOST_WORDS = 32;

/** `anna.lind@example.org` is `anna`, `lind` and `example` (and `org`, which is too short), and the whole. */
const wordsAbout = (about: readonly string[]): readonly string[] =>
  about
    .flatMap((text) => {
      const whole = text.slice(0, MOST_CODE_POINTS).normalize('NFKC').toLowerCase();
      return [whole, ...whole.split(/[^\p{L}\p{N}]+/u)];
    })
    .filter((word) => [...word].length >= FEWEST_OF_A_WORD)
    .slice(0, MOST_WORDS);

/**
 * What stands against this password where it is chosen. No rule of composition (digits, signs, capitals): such rules make
 * passwords that are hard to remember and easy to guess, and NIST forbids them.
 */
export function passwordProblem(
  { password, withSecondFactor, about }: Choice,
  blocklist: Blocklist,
): PasswordProblem | undefined {
  const read = normalised(password);
  if (read === undefined)
    return { problem: 'too_long', mostCharacters: MOST_CODE_POINTS, mostBytes: MOST_BYTES };
  const least = leastCodePoints[withSecondFactor ? 'withSecondFactor' : 'alone'];
  if (read.codePoints < least) return { problem: 'too_short', least };
  if (isRepeated(read.text)) return { problem: 'repeated' };
  if (isRun(read.text)) return { problem: 'run' };
  const folded = read.text.toLowerCase();
  if (wordsAbout(about).some((word) => folded.includes(word))) return { problem: 'personal' };
  return blocklist.has(read.text) ? { problem: 'common' } : undefined;
}
