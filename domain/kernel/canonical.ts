import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Says that a value has something in it that `JSON.stringify` would not write canonically by itself. */
const UNSURE = Symbol('unsure');

const FEW_KEYS = 24;

/** An engine lists such keys first whatever the order they were set in, or does not list them at all. */
const isUnruly = (key: string): boolean => key === '__proto__' || (key >= '0' && key < ':');

/** Few as they are, and often in order already: sorting them by hand makes nothing that has to be collected. */
function sortedKeys(value: object): readonly string[] {
  const keys = Object.keys(value);
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] as string;
    let to = at;
    for (; to > 0 && (keys[to - 1] as string) > key; to--) keys[to] = keys[to - 1] as string;
    keys[to] = key;
  }
  return keys;
}

function orderedObject(value: object): object | typeof UNSURE {
  if ('toJSON' in value) return UNSURE;
  const inOrder: Record<string, unknown> = {};
  for (const key of sortedKeys(value)) {
    const part = ordered((value as Record<string, unknown>)[key]);
    if (part === UNSURE || isUnruly(key)) return UNSURE;
    inOrder[key] = part;
  }
  return inOrder;
}

/** The same value with the keys of every object in canonical order. */
function ordered(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : UNSURE;
    case 'object': {
      if (value === null) return value;
      if (!Array.isArray(value)) return orderedObject(value);
      const parts = value.map(ordered);
      return parts.includes(UNSURE) ? UNSURE : parts;
    }
    default:
      return UNSURE;
  }
}

/**
 * Canonical JSON (RFC 8785): the same value always gives the same bytes, which is what hashes and audits rest on.
 *
 * Every event and every command passes here, so values without anything peculiar take the way of the engine's own
 * `JSON.stringify`, which writes numbers and text as the RFC asks; whatever is peculiar is left to the library.
 */
export function canonical(value: Json): string {
  const inOrder = ordered(value);
  // A lone surrogate, which JSON cannot carry, shows as an escape; so may text that only looks like one.
  const quick = inOrder === UNSURE ? undefined : JSON.stringify(inOrder);
  if (quick !== undefined && !quick.includes('\\ud')) return quick;
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot express');
  return text;
}

/** SHA-256 over canonical JSON, base64url. */
export const hashOf = (value: Json): string => hash('sha256', canonical(value), 'base64url');

/**
 * A UUID that is a function of its parts (version 8, RFC 9562), for commands that reactions and sagas send: met twice,
 * the same trigger gives the same command.
 */
export function derivedId(...parts: readonly (string | number)[]): string {
  const hex = hash('sha256', canonical(parts), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
