import { generateURI, ScureBase32Plugin, verifySync } from 'otplib';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import { codeAsTyped } from '#domain/kernel/typed.ts';

/** What authenticator apps take for granted, and the only values that all of them support (RFC 6238). */
const PERIOD_S = 30;
const DIGITS = 6;
const ALGORITHM = 'sha1';
/** As long as the tag of SHA-1, as RFC 4226 recommends. */
const SECRET_BYTES = 20;

/** With whatever people and keyboards put between the digits. */
const LONGEST = 64;

const base32 = new ScureBase32Plugin();

/** A secret to share with one person's app, as Base32. It is kept encrypted: the app and we need it in plain. */
export const newTotpSecret = (random: RandomBytes): string => base32.encode(random(SECRET_BYTES));

/** A colon parts the issuer from the account, and apps look for it behind every escape: neither has one of its own. */
const labelled = (text: string): string => text.replaceAll(/[\s:]+/g, ' ').trim();

/** What the app reads from the QR code. */
export const totpUri = (of: {
  readonly issuer: string;
  readonly account: string;
  readonly secret: string;
}): string =>
  generateURI({
    issuer: labelled(of.issuer),
    label: labelled(of.account),
    secret: of.secret,
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: PERIOD_S,
  });

export interface TotpAttempt {
  readonly secret: string;
  readonly code: string;
  readonly nowMs: number;
  /** The step of the code that was taken last; undefined: none was yet. */
  readonly lastStep: number | undefined;
}

/**
 * The step whose code this is: the one of this moment, or the one before or behind it, for clocks that differ. Never one at or
 * before the last that was taken, so that no code is taken twice; the caller records the step before it says yes. Codes
 * are compared in constant time.
 *
 * @returns undefined for any other code
 */
export function takenTotpStep({ secret, code, nowMs, lastStep }: TotpAttempt): number | undefined {
  if (code.length > LONGEST) return undefined;
  const token = codeAsTyped(code);
  if (!/^[0-9]{6}$/.test(token)) return undefined;
  const epoch = Math.floor(nowMs / 1_000);
  // Of a last step in the future (a clock was set back) nothing is left to take, until time has come there.
  if (lastStep !== undefined && lastStep > Math.floor(epoch / PERIOD_S)) return undefined;
  const answer = verifySync({
    secret,
    token,
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: PERIOD_S,
    epoch,
    epochTolerance: PERIOD_S,
    ...(lastStep !== undefined && { afterTimeStep: lastStep }),
  });
  return answer.valid && 'timeStep' in answer ? answer.timeStep : undefined;
}
