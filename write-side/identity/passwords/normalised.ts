/** More is no password but a burden. Of what is sent and of what becomes of it: one character may become eighteen. */
export const MOST_CODE_POINTS = 256;
export const MOST_BYTES = 1_024;

/** A password in the form in which it is judged and hashed. */
export interface Normalised {
  readonly text: string;
  /** The smaller count of what was typed and what has become of it: neither spelling makes a password longer. */
  readonly codePoints: number;
}

const codePointsOf = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

const isTooMuch = (text: string): boolean =>
  // Code points are at most as many as units, and bytes at most three times as many: what is short is not measured.
  text.length > MOST_BYTES ||
  (text.length > MOST_CODE_POINTS && codePointsOf(text) > MOST_CODE_POINTS) ||
  (text.length * 3 > MOST_BYTES && Buffer.byteLength(text) > MOST_BYTES);

/**
 * NFKC, as NIST SP 800-63B asks for before a password is hashed: an `é` is one code point or two, depending on the keyboard and the
 * system, and full-width letters come from one input method and plain ones from the next. Without it the person who types the
 * same again, elsewhere, is told that it is wrong. Case and spaces stay as they are.
 *
 * @returns undefined for what no password can be: too much of it, or half a character (every such half is hashed as the same)
 */
export function normalised(password: string): Normalised | undefined {
  if (isTooMuch(password) || !password.isWellFormed()) return undefined;
  const text = password.normalize('NFKC');
  if (isTooMuch(text)) return undefined;
  return { text, codePoints: Math.min(codePointsOf(password), codePointsOf(text)) };
}
