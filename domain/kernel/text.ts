import { z } from 'zod';

// Texts that people write, as commands bring them. Their patterns say all that is demanded, so that whoever has only the published schema makes
// texts that are taken; they are written for every dialect of regular expressions: no classes, no look-around, linear.

/** White space as ECMAScript trims it, less what no text may hold. */
const BLANKS = String.raw`\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
/** What nobody sees where it stands alone (Unicode: default ignorable), and the empty Braille cell. Between other characters it joins or parts them, and belongs there. */
const UNSEEN = String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8`;
/** What makes a reader see other text than is there: embeddings, overrides and isolates of direction. Marks of direction turn nothing but themselves. */
const TURNING = String.raw`\u202a-\u202e\u2066-\u2069`;
/** Everything but those and control characters; tabs and line breaks are text. */
const WRITABLE = String.raw`[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f${TURNING}]`;
const VISIBLE = String.raw`[^\u0000-\u001f\u007f-\u009f${BLANKS}${UNSEEN}${TURNING}]`;

const ANY_TEXT = new RegExp(`^${WRITABLE}*$`, 'u');
const SOME_TEXT = new RegExp(`^[${BLANKS}${UNSEEN}]*${VISIBLE}${WRITABLE}*$`, 'u');

/** Lengths count characters (code points), as JSON Schema does; JavaScript's count units of UTF-16. */
const isAtMost = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && [...text].length <= most);

const bounded = (most: number) =>
  z.string().refine((text) => isAtMost(text, most), `at most ${most} characters`);

/** A text of up to `most` characters, perhaps of none. */
export const anyText = (most: number) =>
  bounded(most)
    .regex(ANY_TEXT, 'no control characters, and none that turn the direction of others')
    .meta({ maxLength: most });

/** A text of up to `most` characters that says something; blanks around it count, and are not kept. */
export const someText = (most: number) =>
  bounded(most)
    .regex(SOME_TEXT, 'text that is not blank, without characters that control it or turn its direction')
    .trim()
    .meta({ minLength: 1, maxLength: most });

/** A text as events keep it: it was taken when it was written, and is read whatever is demanded of new ones since. */
export const keptText = (most: number) => bounded(most).meta({ maxLength: most });
