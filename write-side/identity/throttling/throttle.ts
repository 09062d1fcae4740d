import { createHmac } from 'node:crypto';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { AttemptStore } from '#domain/kernel/ports/attempts.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { TooManyAttempts } from '#domain/kernel/rejections.ts';
import { networkOf } from '#runtime/address.ts';
import { type Limit, type Limiter, limiter } from './limiter.ts';

/** What is tried. Each of these is counted, and before it is verified. */
export type Secret = 'password' | 'totp' | 'passkey' | 'recoveryCode';
/**
 * What is counted together. Second factors are, or there would be as many guesses for each. Passwords are not counted with them: a right
 * password would forgive wrong codes, and whoever has the one guesses the other for ever.
 */
type Family = 'password' | 'secondFactor';
const familyOf = (secret: Secret): Family => (secret === 'password' ? 'password' : 'secondFactor');

export interface Who {
  readonly secret: Secret;
  /** The account as it was named, whether there is such a one or not. */
  readonly account: string;
  /** As an edge has normalised it. */
  readonly address: string;
}

export interface ThrottleLimits {
  /** Of one account from one address. */
  readonly pair: Limit;
  /** From one address, whatever the accounts. */
  readonly address: Limit;
  /** Of one account, whatever the addresses. */
  readonly account: Limit;
  /** And behind that: slower, and never locked. */
  readonly slow: Readonly<Record<Family, Limit>>;
  /** For how long an address at which an account was signed in is known for it. */
  readonly knownSeconds: number;
}

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;

export const throttleLimits: ThrottleLimits = {
  pair: { points: 10, seconds: 15 * MINUTE_S },
  address: { points: 100, seconds: 15 * MINUTE_S },
  account: { points: 100, seconds: DAY_S },
  // Of a million codes three hold at a time, of passwords one that is not among the common ones.
  slow: { password: { points: 1, seconds: MINUTE_S }, secondFactor: { points: 1, seconds: 15 * MINUTE_S } },
  knownSeconds: 30 * DAY_S,
};

/** As many bits of a key as no two have in common by chance. */
const KEY_BYTES = 16;

export interface Throttle {
  /**
   * Counts the attempt, and verifies it if there were not too many. What `verify` answers other than undefined is a success, which
   * forgives what failed of this account at this address. Where it throws, nothing was tried, and nothing is counted.
   */
  attempt<T>(who: Who, verify: () => Promise<T | undefined>): Promise<T | undefined | Rejection>;
  /** They have proven by another way that it is they: what failed of this account at this address is forgiven. */
  forgive(who: Who): Promise<void>;
}

/** Under which names an attempt is counted. */
interface Keys {
  readonly family: Family;
  readonly pair: string;
  readonly address: string;
  readonly account: string;
}

function hiding(key: Uint8Array): (who: Who) => Keys {
  /** The parts are told apart by their lengths: no name is made so that it reads as another's. */
  function hidden(...parts: readonly string[]): string {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest().subarray(0, KEY_BYTES).toString('base64url');
  }
  return ({ secret, account, address }) => {
    const family = familyOf(secret);
    const named = account.normalize('NFKC').toLowerCase();
    const network = networkOf(address);
    return {
      family,
      pair: hidden(family, named, network),
      address: hidden(network),
      account: hidden(family, named),
    };
  };
}

interface Counted {
  readonly by: Limiter;
  readonly key: string;
}

/**
 * Slows down whoever guesses, by three counts: of the account from this address, of the address, of the account. The narrowest is asked
 * first, and what it refuses is not counted by the wider ones: one address cannot use up an account's day alone.
 *
 * Nobody locks another out. Behind its hundred a day an account takes one attempt each minute (second factors: each quarter of an
 * hour) from wherever; and from an address at which its person has been let in, it has a day's count of its own, which no stranger
 * elsewhere uses up. There it is not counted by the address either: who shares it (an office, a carrier) would use that up for all.
 *
 * @param options.key of this platform: names and addresses are kept as HMACs only
 */
export function throttle(options: {
  readonly store: AttemptStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly key: Uint8Array;
  readonly limits?: ThrottleLimits;
  /** Told at each attempt behind an account's day, with how long that lasts still, in milliseconds. */
  readonly usedUp?: (who: Who, lastsMs: number) => void;
}): Throttle {
  const { store, clock, key, limits = throttleLimits, usedUp } = options;
  const keysOf = hiding(key);
  const nowMs = (): number => millisecondsOf(clock.now());
  const pairs = limiter('pair', limits.pair, store, nowMs);
  const addresses = limiter('address', limits.address, store, nowMs);
  const accounts = limiter('account', limits.account, store, nowMs);
  const known = limiter('known', { points: 1, seconds: limits.knownSeconds }, store, nowMs);
  const slow: Readonly<Record<Family, Limiter>> = {
    password: limiter('slow', limits.slow.password, store, nowMs),
    secondFactor: limiter('slow', limits.slow.secondFactor, store, nowMs),
  };

  /** Counts by all; or the milliseconds to wait, with what was counted all the same. */
  async function counted(who: Who, keys: Keys): Promise<{ waitMs?: number; by: readonly Counted[] }> {
    const by: Counted[] = [];
    const isKnown = await known.has(keys.pair);
    const narrow = [[pairs, keys.pair] as const, ...(isKnown ? [] : [[addresses, keys.address] as const])];
    for (const [limit, at] of narrow) {
      const waitMs = await limit.count(at);
      if (waitMs !== undefined) return { waitMs, by };
      by.push({ by: limit, key: at });
    }
    const day = isKnown ? keys.pair : keys.account;
    const lastsMs = await accounts.count(day);
    if (lastsMs === undefined) return { by: [...by, { by: accounts, key: day }] };
    usedUp?.(who, lastsMs);
    const waitMs = await slow[keys.family].count(day);
    return waitMs === undefined ? { by } : { waitMs, by };
  }

  async function letIn({ pair }: Keys): Promise<void> {
    await pairs.reset(pair);
    await known.reset(pair);
    await known.count(pair);
  }

  return {
    forgive: (who) => letIn(keysOf(who)),
    async attempt(who, verify) {
      const keys = keysOf(who);
      const { waitMs, by } = await counted(who, keys);
      if (waitMs !== undefined) return TooManyAttempts({ retryAfterMs: waitMs });
      const giveBack = () => Promise.all(by.map(({ by: limit, key: at }) => limit.giveBack(at)));
      try {
        const outcome = await verify();
        if (outcome === undefined) return undefined;
        await giveBack();
        await letIn(keys);
        return outcome;
      } catch (error) {
        await giveBack();
        throw error;
      }
    },
  };
}
