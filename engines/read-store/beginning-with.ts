/** The first text behind all that begin so, in the order of their bytes; the prefix ends with a letter or sign of ASCII. */
export const behind = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCodePoint((prefix.codePointAt(prefix.length - 1) ?? 0) + 1);
