import type { Argon2Cost } from '#domain/kernel/ports/password-hashing.ts';

/** What stands in the place of a password: the tag of argon2id with all that is needed to work it out again. */
export interface Verifier extends Argon2Cost {
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

/** OWASP's second choice for argon2id (Password Storage Cheat Sheet): the memory that 19 MiB are, and two passes. */
export const argon2Cost: Argon2Cost = { memoryKib: 19_456, passes: 2, lanes: 1 };
export const SALT_BYTES = 16;
export const TAG_BYTES = 32;

/** Costs beyond these are no verifier of ours: whoever could write one would decide how long we work. */
const MOST: Argon2Cost = { memoryKib: 65_536, passes: 10, lanes: 4 };
const LONGEST = 256;
const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

/** In the form in which argon2's own tools and most libraries write it (PHC string format). */
export const phcOf = ({ memoryKib, passes, lanes, salt, tag }: Verifier): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${base64(salt)}$${base64(tag)}`;

/** @returns undefined for another algorithm, or what argon2 or we would not take */
export function verifierOf(phc: string): Verifier | undefined {
  if (phc.length > LONGEST) return undefined;
  const [, memory = '', passCount = '', laneCount = '', salt = '', tag = ''] = PHC.exec(phc) ?? [];
  if (tag === '') return undefined;
  const [memoryKib, passes, lanes] = [memory, passCount, laneCount].map(Number) as [number, number, number];
  if (memoryKib > MOST.memoryKib || passes > MOST.passes || lanes > MOST.lanes) return undefined;
  if (passes < 1 || lanes < 1 || memoryKib < 8 * lanes) return undefined;
  return { memoryKib, passes, lanes, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

/** Whether it costs what one would cost that is made today. */
export const isOutdated = ({ memoryKib, passes, lanes, salt, tag }: Verifier, cost: Argon2Cost): boolean =>
  memoryKib !== cost.memoryKib ||
  passes !== cost.passes ||
  lanes !== cost.lanes ||
  salt.length !== SALT_BYTES ||
  tag.length !== TAG_BYTES;
