import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Instant, millisecondsOf } from './instant.ts';

/** How far a signature's time may be from ours, in milliseconds: an older one is a replay. */
export const SIGNATURE_TOLERANCE_MS = 5 * 60 * 1_000;

const FORM = /^t=(\d{1,16}),v1=([0-9a-f]{64})$/;

const mac = (secret: string, time: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(`${time}.`).update(body).digest();

/** The signature of a message as it stands in its header: `t=<milliseconds>,v1=<hex of HMAC-SHA256 over "t.body">`. */
export function sign(secret: string, now: Instant, body: Uint8Array): string {
  const time = String(millisecondsOf(now));
  return `t=${time},v1=${mac(secret, time, body).toString('hex')}`;
}

/**
 * Whether the body is as one who knows the secret signed it, not longer ago than {@link SIGNATURE_TOLERANCE_MS}. Two
 * secrets may be good at once, so that they can be changed without losing a message. Compares in constant time.
 */
export function isSigned(
  secrets: readonly string[],
  now: Instant,
  body: Uint8Array,
  signature: string | undefined,
): boolean {
  const [, time = '', given = ''] = FORM.exec(signature ?? '') ?? [];
  if (time === '' || Math.abs(millisecondsOf(now) - Number(time)) > SIGNATURE_TOLERANCE_MS) return false;
  const bytes = Buffer.from(given, 'hex');
  return secrets.some((secret) => timingSafeEqual(mac(secret, time, body), bytes));
}
