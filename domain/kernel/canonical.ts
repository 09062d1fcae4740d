import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Canonical JSON (RFC 8785): the same value always gives the same bytes, which is what hashes and audits rest on. */
export function canonical(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot express');
  return text;
}

/** SHA-256 over canonical JSON, base64url. */
export const hashOf = (value: Json): string =>
  createHash('sha256').update(canonical(value)).digest('base64url');

/**
 * A UUID that is a function of its parts (version 8, RFC 9562), for commands that reactions and sagas send: met twice,
 * the same trigger gives the same command.
 */
export function derivedId(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(canonical(parts)).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
