// What people type off a screen or a sheet of paper, in whichever characters their keyboard has for it.

const DIGIT = /^\p{Nd}$/u;
/** Beside those that Unicode calls dashes: a bullet, and the long vowel of katakana, which lies on the same key. */
const DASHES = /[\p{Dash}\u2043\u30fc]/gu;
/** What nobody sees and programs put between: marks of direction, joiners, the mark of an order of bytes. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** The same, but for joiners: names of domains have them where a script is written with them. */
const UNSEEN_IN_DOMAINS = /(?![\u200c\u200d])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Each script has its ten digits in a row, from zero on; where two scripts meet, the next ten. */
function asciiDigit(digit: string): string {
  const at = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(at - before - 1))) before += 1;
  return String(before % 10);
}

/**
 * A code as it was meant: letters and digits of full width are plain ones (NFKC), digits of any script are 0 to 9, any dash is a hyphen, and
 * what nobody sees is gone. Whoever calls bounds the text first: one character may become eighteen.
 */
export const asTyped = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[^\P{Nd}0-9]/gu, asciiDigit)
    .replaceAll(DASHES, '-')
    .replaceAll(UNSEEN, '');

/** The same without what is only there to be read: spaces and hyphens between groups. */
export const codeAsTyped = (text: string): string => asTyped(text).replaceAll(/[\s-]/g, '');

/**
 * An address as it was meant. What stands before its `@` is ASCII, and typed like a code; a domain may have digits, dashes and joiners of its
 * own script, which are others than those of ASCII.
 */
export function addressAsTyped(text: string): string {
  const plain = text.normalize('NFKC').replaceAll(UNSEEN_IN_DOMAINS, '').trim();
  const at = plain.lastIndexOf('@');
  return at < 0 ? plain : asTyped(plain.slice(0, at)) + plain.slice(at);
}
