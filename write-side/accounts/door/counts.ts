import { createHmac } from 'node:crypto';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { AttemptStore } from '#domain/kernel/ports/attempts.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { TooManyAttempts } from '#domain/kernel/rejections.ts';
import { networkOf } from '#runtime/address.ts';
import { type Limit, type Limiter, limiter } from '../../identity/throttling/limiter.ts';

const HOUR_S = 60 * 60;

/** What of each may be asked from one network. Behind one there may be a whole company, or a country. */
export const countLimits = {
  registration: { points: 60, seconds: HOUR_S },
  reset: { points: 60, seconds: HOUR_S },
  /** By person, whose export is read from all that is recorded about them. */
  export: { points: 5, seconds: HOUR_S },
  /** Mails to an address that is not theirs yet, which may be a stranger’s: of one person to one address, so that nobody uses up what others may ask. */
  newAddressOf: { points: 3, seconds: 24 * HOUR_S },
  /** And of whoever asks. Short, since whose address it is may be kept waiting by it. */
  newAddress: { points: 6, seconds: 3 * HOUR_S },
} as const satisfies Readonly<Record<string, Limit>>;
export type Counted = keyof typeof countLimits;

/** Counts what is asked for, and not guessed: where it is for nothing, no success takes it back. */
export interface Counts {
  /** Why it is too much; undefined: it is let through. @param key an address of the network, a person, or a login */
  count(what: Counted, key: string): Promise<Rejection | undefined>;
}

const KEY_BYTES = 16;

/** @param options.key of this platform: what is counted is kept as an HMAC */
export function counts(options: {
  readonly store: AttemptStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly key: Uint8Array;
  readonly limits?: Readonly<Record<Counted, Limit>>;
}): Counts {
  const { store, clock, key, limits = countLimits } = options;
  const limiters = new Map<Counted, Limiter>();
  const limiterOf = (what: Counted): Limiter => {
    const known = limiters.get(what);
    if (known !== undefined) return known;
    const made = limiter(`door ${what}`, limits[what], store, () => millisecondsOf(clock.now()));
    limiters.set(what, made);
    return made;
  };
  return {
    async count(what, counted) {
      const named = createHmac('sha256', key)
        .update(`${what}\0${networkOf(counted)}`)
        .digest();
      const waitMs = await limiterOf(what).count(named.subarray(0, KEY_BYTES).toString('base64url'));
      return waitMs === undefined ? undefined : TooManyAttempts({ retryAfterMs: waitMs });
    },
  };
}
