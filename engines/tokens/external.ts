import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type FetchImplementation,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import { Role } from '#domain/kernel/actor.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { boundedText } from '#runtime/bounded-body.ts';
import { reasonOf } from '#runtime/reason.ts';
import { CLOCK_TOLERANCE_SECONDS, Claims, identityOf, MAX_TOKEN_CHARACTERS } from './claims.ts';
import { subjectOf } from './subject.ts';

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

/** Told why nobody of an issuer comes in. Neither hears anything that stands in a token. */
export interface IssuerTroubles {
  /** A token that it has signed says what none may say. */
  refused(reason: string): void;
  /** Its keys were not to be had; those of before may hold on. */
  unreachable(reason: string): void;
}

/** Asks for the keys, follows nobody elsewhere, and has the last ones where there is no answer. */
function remembering(clock: Pick<Clock, 'now'>, troubles: IssuerTroubles): FetchImplementation {
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
      troubles.unreachable(reasonOf(error));
      if (last === undefined || nowMs - last.atMs > OUTLIVED_MS) throw error;
    }
    return new Response(last.text, { headers: { 'content-type': 'application/json' } });
  };
}

/** What stands under a name, whatever is in it (`https://house.example/roles`), or else at a path of names with dots between them. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.').slice(0, MOST_PATH)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

const OURS: readonly string[] = Role.exclude(['system']).options;
/** Those that we know; others mean something elsewhere, and are as many as a token holds. */
const ourRoles = (claim: unknown): readonly string[] =>
  Array.isArray(claim) ? OURS.filter((role) => claim.includes(role)) : [];

export interface ExternalOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are. */
  readonly jwksUrl: string;
  /** Where in a token the roles stand: `roles`, `realm_access.roles`, `https://house.example/roles`. */
  readonly rolesClaim: string;
  readonly clock: Clock;
  /** Real time, by which its keys grow old. */
  readonly machineClock: Pick<Clock, 'now'>;
  readonly troubles: IssuerTroubles;
}

/** Reads tokens of an issuer that is none of ours: Keycloak, Auth0, another platform. */
export function externalVerifier(options: ExternalOptions): TokenVerifier {
  const { issuer, audience, jwksUrl, rolesClaim, clock, machineClock, troubles } = options;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: DEADLINE_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: FRESH_MS,
    [customFetch]: remembering(machineClock, troubles),
  });
  const subject = subjectOf(issuer);
  const Said = Claims.extend({ sub: subject, keepers: z.array(subject).max(2).optional() });
  const refuse = (reason: string): undefined => troubles.refused(reason) as undefined;
  return {
    async verify(token, at = clock.now()) {
      if (token.length > MAX_TOKEN_CHARACTERS || !isAccessToken(token)) return undefined;
      let payload: JWTPayload;
      try {
        const verified = await jwtVerify(token, keys, {
          algorithms: TAKEN_ALGORITHMS,
          ...{ issuer, audience, clockTolerance: CLOCK_TOLERANCE_SECONDS },
          currentDate: new Date(millisecondsOf(at)),
          requiredClaims: ['exp', 'sub'],
        });
        payload = verified.payload;
      } catch (error) {
        // Its claims are looked at behind its signature. That its time is over happens to every token.
        return error instanceof errors.JWTClaimValidationFailed ? refuse(error.message) : undefined;
      }
      if (isOtherToken(payload)) return refuse('it is a token of another kind, such as an ID token');
      const read = Said.safeParse({ ...payload, roles: ourRoles(claimAt(payload, rolesClaim)) });
      if (read.success) return identityOf(read.data);
      const [issue] = read.error.issues;
      return refuse(`${issue?.path.join('.')}: ${issue?.message}`);
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
