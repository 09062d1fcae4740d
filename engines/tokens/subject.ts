import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PersonId } from '#domain/kernel/ids.ts';

// Whom a token of an issuer elsewhere stands for. It names people as it likes: `auth0|5f7c…`, `f:<uuid>:ann`, `robot@clients`.

/** OpenID Connect Core, 2: no `sub` has more characters. */
const MOST_CHARACTERS = 255;
/** What ids of our own making begin with: nobody elsewhere comes under one, those that are made here included. */
const OF_OUR_MAKING = /^(?:system|client|external)(?:\.|$)/;
const EXTERNAL = 'external.';

/** By its length in bytes before it, so that no two pairs of texts are written the same. */
const delimited = (text: string): string => `${Buffer.byteLength(text)}:${text}`;

/**
 * Whom we know by a `sub` of this issuer: by that itself where it is an id, and by a digest of both where it is none or looks like one of
 * ours. Whoever has an id of before keeps it.
 */
export function externalSubject(issuer: string, sub: string): PersonId {
  if (PersonId.safeParse(sub).success && !OF_OUR_MAKING.test(sub)) return sub;
  const digest = createHash('sha256').update(delimited(issuer)).update(delimited(sub));
  return EXTERNAL + digest.digest('base64url');
}

/** A `sub` of this issuer, read as whom we know by it. */
export const subjectOf = (issuer: string) =>
  z
    .string()
    .min(1)
    .max(MOST_CHARACTERS)
    // What is no text has no bytes of its own: two would be one person.
    .refine((sub) => sub.isWellFormed(), 'no text of Unicode')
    .transform((sub) => externalSubject(issuer, sub));
