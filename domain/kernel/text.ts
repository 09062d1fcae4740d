import { z } from 'zod';

// Texts that people write. Their patterns say all that is demanded, so that whoever has only the published schema makes
// texts that are taken; they are written for every dialect of regular expressions: no classes, no look-around, linear.

/** White space as ECMAScript trims it, less what no text may hold. */
const BLANKS = String.raw`\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
/** Everything but control characters; tabs and line breaks are text. */
const WRITABLE = String.raw`[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]`;
const VISIBLE = String.raw`[^\u0000-\u001f\u007f-\u009f${BLANKS}]`;

const ANY_TEXT = new RegExp(`^${WRITABLE}*$`, 'u');
const SOME_TEXT = new RegExp(`^[${BLANKS}]*${VISIBLE}${WRITABLE}*$`, 'u');

/** Lengths count characters (code points), as JSON Schema does; JavaScript's count units of UTF-16. */
const isAtMost = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && [...text].length <= most);

const bounded = (most: number) =>
  z.string().refine((text) => isAtMost(text, most), `at most ${most} characters`);

/** A text of up to `most` characters, perhaps of none. */
export const anyText = (most: number) =>
  bounded(most).regex(ANY_TEXT, 'no control characters').meta({ maxLength: most });

/** A text of up to `most` characters that says something; blanks around it count, and are not kept. */
export const someText = (most: number) =>
  bounded(most)
    .regex(SOME_TEXT, 'text that is not blank, without control characters')
    .trim()
    .meta({ minLength: 1, maxLength: most });
