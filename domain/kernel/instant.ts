import { z } from 'zod';
import { writtenAsRead } from '../zod/picking.ts';

const CANONICAL_LENGTH = '2026-03-01T12:00:00.000Z'.length;
/** With nanoseconds and an offset, as other systems write them. */
const LONGEST = '2026-03-01T12:00:00.000000000+01:00'.length;
/** The date and the time, which may end with the minute, and the offset; as ISO 8601 writes them at length. */
const TIME = new RegExp(
  String.raw`^${z.regexes.date.source.slice(1, -1)}T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`,
);
const UNTOLD =
  'a time by ISO 8601 that says its offset, for example "2026-03-01T13:00:00+01:00" or "2026-03-01T12:00Z"';
const FIRST = '0000-01-01T00:00:00.000Z';
const LAST = '9999-12-31T23:59:59.999Z';

/**
 * In the form that all moments have. An offset may lead out of the years that have it, at either end: by hours nobody means, so
 * the end itself is what is left.
 */
function canonical(text: string): string {
  // Of this length only the canonical form is a time at all.
  if (text.length === CANONICAL_LENGTH) return text;
  const moment = new Date(text).toISOString();
  if (moment.length === CANONICAL_LENGTH) return moment;
  return moment.startsWith('-') ? FIRST : LAST;
}

const told = z.string().max(LONGEST).regex(TIME, UNTOLD);
const coding = { decode: canonical, encode: (instant: string) => instant };

/**
 * A moment in UTC with milliseconds, always `YYYY-MM-DDTHH:mm:ss.sssZ`, so that comparing the text compares the time.
 * Any ISO 8601 time that says its offset (`Z`, `+01:00`) is taken, with seconds and their parts or without, and brought to this form.
 */
export const Instant = writtenAsRead(
  z.codec(told, z.string(), coding),
  ({ length }) => length === CANONICAL_LENGTH,
).meta({
  id: 'Instant',
  // What is told is of this format; what is taken is said by the pattern, which lets the seconds be left out.
  format: 'date-time',
  description:
    'A moment, ISO 8601 with its offset, for example 2026-03-01T13:00:00+01:00; told in UTC with milliseconds, 2026-03-01T12:00:00.000Z.',
});
export type Instant = z.output<typeof Instant>;

/** A moment to which centuries can be added before the years need another digit. */
export const EarlyInstant = z.codec(told.regex(/^[0-8]/, 'a time before the year 9000'), z.string(), coding);

export const instant = (milliseconds: number): Instant => new Date(milliseconds).toISOString();
export const millisecondsOf = (moment: Instant): number => Date.parse(moment);
export const later = (moment: Instant, milliseconds: number): Instant =>
  instant(millisecondsOf(moment) + milliseconds);
