import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  type FetchImplementation,
  jwtVerify,
} from 'jose';
import { Role } from '#domain/kernel/actor.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { boundedText } from '#runtime/bounded-body.ts';
import { CLOCK_TOLERANCE_SECONDS, Claims, identityOf, MAX_TOKEN_CHARACTERS } from './claims.ts';

/** Never a shared secret, and never none: a token names its own algorithm. */
const TAKEN_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'RS256', 'PS256'];
/** How an access token may call itself. Keycloak and Auth0 call theirs `JWT`. */
const TAKEN_TYPES = ['at+jwt', 'application/at+jwt', 'jwt'];
const DEADLINE_MS = 3_000;
/** Between two questions for a key that was not among the last ones, in milliseconds. */
const COOLDOWN_MS = 30_000;
/** After this the keys are asked for again, in milliseconds. */
const FRESH_MS = 600_000;
/** For so long the last ones hold where nobody answers, in milliseconds. */
const OUTLIVED_MS = 86_400_000;
const MOST_BYTES = 256 * 1_024;
const MOST_PATH = 8;

/** Asks for the keys, follows nobody elsewhere, and has the last ones where there is no answer. */
function remembering(clock: Pick<Clock, 'now'>): FetchImplementation {
  let last: { readonly text: string; readonly atMs: number } | undefined;
  return async (url, options) => {
    const nowMs = millisecondsOf(clock.now());
    try {
      const response = await fetch(url, { ...options, redirect: 'error' });
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      const text = await boundedText(response, MOST_BYTES);
      JSON.parse(text);
      last = { text, atMs: nowMs };
    } catch (error) {
      if (last === undefined || nowMs - last.atMs > OUTLIVED_MS) throw error;
    }
    return new Response(last.text, { headers: { 'content-type': 'application/json' } });
  };
}

/** What stands at a path of names with dots between them. */
export function claimAt(claims: unknown, path: string): unknown {
  let value = claims;
  for (const name of path.split('.').slice(0, MOST_PATH)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

const OURS: readonly string[] = Role.exclude(['system']).options;
/** Those that we know; others mean something elsewhere. */
const ourRoles = (claim: unknown): readonly string[] =>
  Array.isArray(claim) ? OURS.filter((role) => claim.includes(role)) : [];

export interface ExternalOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are. */
  readonly jwksUrl: string;
  /** Where in a token the roles stand: `roles`, `realm_access.roles`. */
  readonly rolesClaim: string;
  readonly clock: Clock;
  /** Real time, by which its keys grow old. */
  readonly machineClock: Pick<Clock, 'now'>;
}

/** Reads tokens of an issuer that is none of ours: Keycloak, Auth0, another platform. */
export function externalVerifier(options: ExternalOptions): TokenVerifier {
  const { issuer, audience, jwksUrl, rolesClaim, clock, machineClock } = options;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: DEADLINE_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: FRESH_MS,
    [customFetch]: remembering(machineClock),
  });
  return {
    async verify(token, at = clock.now()) {
      if (token.length > MAX_TOKEN_CHARACTERS || !isAccessToken(token)) return undefined;
      const verified = await jwtVerify(token, keys, {
        algorithms: TAKEN_ALGORITHMS,
        ...{ issuer, audience, clockTolerance: CLOCK_TOLERANCE_SECONDS },
        currentDate: new Date(millisecondsOf(at)),
        requiredClaims: ['exp', 'sub'],
      }).catch(() => undefined);
      if (verified === undefined || isOtherToken(verified.payload)) return undefined;
      const roles = ourRoles(claimAt(verified.payload, rolesClaim));
      const claims = Claims.safeParse({ ...verified.payload, roles });
      if (!claims.success) return undefined;
      return identityOf(claims.data);
    },
  };
}

function isAccessToken(token: string): boolean {
  try {
    const { typ = 'JWT', kid } = decodeProtectedHeader(token);
    return kid !== undefined && TAKEN_TYPES.includes(typ.toLowerCase());
  } catch {
    return false;
  }
}

/** What an issuer signs besides access tokens: it says who somebody is to a system, and lets nobody in. */
const isOtherToken = (payload: Readonly<Record<string, unknown>>): boolean =>
  ['nonce', 'at_hash', 'c_hash', 'events'].some((claim) => claim in payload) ||
  (typeof payload.typ === 'string' && ['ID', 'Refresh', 'Logout'].includes(payload.typ));
