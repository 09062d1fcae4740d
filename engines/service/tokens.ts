import { jwtVerify, SignJWT } from 'jose';
import { instant, later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { serviceLimits } from '#runtime/service/limits.ts';

/** The one signature that roles make and take: they share the key. */
const ALGORITHM = 'HS256';
const ISSUER = 'annals role';
const AUDIENCE = 'annals write-side';
const MOST_CHARACTERS = 1_024;

/** By which the processes of one platform know each other. */
export interface ServiceTokens {
  issue(): Promise<string>;
  verify(token: string): Promise<boolean>;
}

/**
 * Tokens that say no more than that whoever has them holds the key of the platform, and of which history they speak. Each is used for half its time: what is verified a
 * second time while it stands does no harm, since a command is decided once by its id.
 *
 * @param history the epoch of the history that they are for: whoever writes another one decides nothing for us, whose answers would be told
 *   as places in ours
 * @param clock the machine's
 */
export function serviceTokens({
  key,
  history,
  clock,
}: {
  readonly key: Uint8Array;
  readonly history: string;
  readonly clock: Pick<Clock, 'now'>;
}): ServiceTokens {
  let last: { readonly token: string; readonly from: number } | undefined;
  const { tokenMs, clockDifferenceMs } = serviceLimits;

  async function make(nowMs: number): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(history)
      .setExpirationTime(Math.ceil(millisecondsOf(later(instant(nowMs), tokenMs)) / 1_000))
      .sign(key);
  }

  return {
    async issue() {
      const nowMs = millisecondsOf(clock.now());
      // A clock that was set back has left the last one in another time.
      if (last !== undefined && nowMs >= last.from && nowMs < last.from + tokenMs / 2) return last.token;
      last = { token: await make(nowMs), from: nowMs };
      return last.token;
    },
    async verify(token) {
      if (token.length > MOST_CHARACTERS) return false;
      const verified = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: history,
        currentDate: new Date(clock.now()),
        clockTolerance: clockDifferenceMs / 1_000,
        requiredClaims: ['exp'],
      }).catch(() => undefined);
      return verified !== undefined;
    },
  };
}
