import { z } from 'zod';

const CANONICAL_LENGTH = '2026-03-01T12:00:00.000Z'.length;
/** With nanoseconds, as other systems write them. */
const LONGEST = '2026-03-01T12:00:00.000000000Z'.length;

/**
 * A moment in UTC with milliseconds, always `YYYY-MM-DDTHH:mm:ss.sssZ`, so that comparing the text compares the time.
 * Any ISO 8601 UTC time is taken and brought to this form.
 */
export const Instant = z
  .codec(z.iso.datetime().max(LONGEST), z.string(), {
    // Of this length only the canonical form is a time at all.
    decode: (text) => (text.length === CANONICAL_LENGTH ? text : new Date(text).toISOString()),
    encode: (instant) => instant,
  })
  .meta({ id: 'Instant', description: 'A moment in UTC, ISO 8601, for example 2026-03-01T12:00:00.000Z.' });
export type Instant = z.output<typeof Instant>;

export const instant = (milliseconds: number): Instant => new Date(milliseconds).toISOString();
export const millisecondsOf = (moment: Instant): number => Date.parse(moment);
export const later = (moment: Instant, milliseconds: number): Instant =>
  instant(millisecondsOf(moment) + milliseconds);
