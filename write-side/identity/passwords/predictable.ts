// Passwords that nobody had to think of: one key held down, or fingers that walk along a row.

/** Keys beside each other on common keyboards. Letters and digits that follow each other in their own order need no row. */
const ROWS = [
  '1234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiopü',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю',
];
const neighbours = new Set(
  ROWS.flatMap((row) => {
    const keys = [...row];
    return keys.slice(1).flatMap((key, at) => [`${keys[at]}${key}`, `${key}${keys[at]}`]);
  }),
);
const isLetterOrDigit = (key: string): boolean => /^[\p{L}\p{N}]$/u.test(key);

function follows(before: string, key: string): boolean {
  if (key === before || neighbours.has(before + key)) return true;
  const step = (key.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
  return Math.abs(step) === 1 && isLetterOrDigit(before) && isLetterOrDigit(key);
}

/** Keys that do not follow from the one before. A sentence of fifteen has some twelve, `qwertyuiop12345` has two. */
const FEWEST_CHOSEN = 5;
/** What is repeated has to be longer than this, in keys. */
const LONGEST_REFRAIN = 4;

/** Whether one key, or a few keys again and again, is all there is. */
export function isRepeated(normalised: string): boolean {
  const keys = [...normalised.toLowerCase()];
  const periods = Array.from({ length: LONGEST_REFRAIN }, (_, at) => at + 1);
  return periods.some(
    (period) =>
      keys.length >= 2 * period && keys.every((key, at) => at < period || key === keys[at - period]),
  );
}

/** Whether hardly any key was chosen: `abcdefgh12345678`, `qwertyuiopasdfg`, `aaaaaaabbbbbbbb`. */
export function isRun(normalised: string): boolean {
  const keys = [...normalised.toLowerCase()];
  const chosen = keys.filter((key, at) => at === 0 || !follows(keys[at - 1] ?? '', key));
  return chosen.length < FEWEST_CHOSEN;
}
