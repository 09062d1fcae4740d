import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import { codeAsTyped } from '#domain/kernel/typed.ts';

/** Codes of one person, each of so many random bytes. */
const CODES = 10;
const CODE_BYTES = 10;
const GROUP = 4;
/** Crockford's, which leaves out what looks alike on paper; what is read wrongly is taken for what was meant. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 16;
/** With whatever people put between the groups. */
const LONGEST = 64;

export interface RecoveryCodes {
  /** To be shown once, and nowhere kept. */
  readonly codes: readonly string[];
  /** To be kept: keyed hashes in no order. */
  readonly verifiers: readonly string[];
}

interface Whose {
  readonly person: string;
  /** Of this platform, kept apart from the verifiers. */
  readonly key: Uint8Array;
}

function written(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (group) => ALPHABET[Number.parseInt(group, 2)] ?? '');
}

/** undefined: no code has this form. */
function readAs(code: string): string | undefined {
  if (code.length > LONGEST) return undefined;
  const meant = codeAsTyped(code).toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return meant.length === CODE_LENGTH && [...meant].every((sign) => ALPHABET.includes(sign))
    ? meant
    : undefined;
}

/** Whether this is written as such a code is, whosever it may be. */
export const isRecoveryCode = (text: string): boolean => readAs(text) !== undefined;

/**
 * A quick hash is enough: there are 2^80 codes, so that nobody finds one by trying, however fast. The key makes what is kept
 * worthless to whoever has it alone, and the person keeps it from being moved to another.
 */
const verifierOf = (code: string, { person, key }: Whose): Buffer =>
  createHmac('sha256', key).update(`recovery code\0${person}\0${code}`).digest();

export function newRecoveryCodes(of: Whose & { readonly random: RandomBytes }): RecoveryCodes {
  const codes = Array.from({ length: CODES }, () => written(of.random(CODE_BYTES)));
  return {
    codes: codes.map((code) => (code.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-')),
    verifiers: codes.map((code) => verifierOf(code, of).toString('base64url')).sort(),
  };
}

/**
 * Which of the verifiers that are left this code has, for the caller to strike it out before saying yes: each code is taken once.
 * All of them are compared, in constant time.
 */
export function takenRecoveryCode(
  attempt: Whose & { readonly code: string; readonly verifiers: readonly string[] },
): string | undefined {
  const code = readAs(attempt.code);
  if (code === undefined) return undefined;
  const sought = verifierOf(code, attempt);
  let taken: string | undefined;
  for (const verifier of attempt.verifiers.slice(0, CODES)) {
    const known = Buffer.from(verifier, 'base64url');
    if (known.length === sought.length && timingSafeEqual(known, sought)) taken = verifier;
  }
  return taken;
}
