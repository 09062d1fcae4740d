import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import { z } from 'zod';
import { Role } from '#domain/kernel/actor.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { CLOCK_TOLERANCE_SECONDS, Claims, identityOf, MAX_TOKEN_CHARACTERS } from './claims.ts';
import { issuerKeys } from './issuer-keys.ts';
import { subjectOf } from './subject.ts';

/** Never a shared secret, and never none: a token names its own algorithm. */
const TAKEN_ALGORITHMS: readonly string[] = [
  ...['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
];
/** Those that may be named in a log: what else a token says of itself is whatever its sender likes. */
const KNOWN_ALGORITHMS: readonly string[] = ['none', 'HS256', 'HS384', 'HS512', 'ES256K', 'Ed448'];
/** How an access token may call itself. Keycloak and Auth0 call theirs `JWT`. */
const TAKEN_TYPES = ['at+jwt', 'application/at+jwt', 'jwt'];
const MOST_PATH = 12;
/** Keys that are tried on a token which does not say by which it was signed. */
const MOST_TRIED = 8;

/** Told why nobody of an issuer comes in. Neither hears anything that stands in a token. */
export interface IssuerTroubles {
  /** A token that it has signed says what none may say. */
  refused(reason: string): void;
  /** A token that says it is of theirs says by what it is signed in a way that nobody here can verify. Anybody may have made it. */
  unverifiable(reason: string): void;
  /** A token is taken, and says nothing of roles where they should stand. Once for each reason. */
  roleless(reason: string): void;
  /** Its keys were not to be had; those of before may hold on. */
  unreachable(reason: string): void;
}

/**
 * What stands under a name, whatever is in it (`https://house.example/roles`), or else at a path of names with dots between them. A name may have
 * dots of its own there, too (`resource_access.my.app.roles`): the longest that there is is meant.
 */
function claimAt(claims: unknown, names: readonly string[]): unknown {
  if (names.length === 0) return claims;
  if (typeof claims !== 'object' || claims === null) return undefined;
  for (let many = names.length; many > 0; many -= 1) {
    const name = names.slice(0, many).join('.');
    if (!Object.hasOwn(claims, name)) continue;
    const found = claimAt((claims as Record<string, unknown>)[name], names.slice(many));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A path that is longer is one name. */
function namesIn(rolesClaim: string): readonly string[] {
  const names = rolesClaim.split('.');
  return names.length > MOST_PATH ? [rolesClaim] : names;
}

const OURS: readonly string[] = Role.exclude(['system']).options;

/**
 * What others write roles as: a list of them, a text with spaces between (as `scope` is), or, as Zitadel does, an object with a key for each.
 *
 * @returns undefined: no shape of roles
 */
function rolesIn(claim: unknown): readonly unknown[] | undefined {
  if (Array.isArray(claim)) return claim;
  if (typeof claim === 'string') return claim.split(' ');
  if (typeof claim !== 'object' || claim === null) return undefined;
  return Object.entries(claim).flatMap(([role, given]) => (given === false || given === null ? [] : [role]));
}

/** Those that we know; others mean something elsewhere, and are as many as a token holds. */
function rolesFor(rolesClaim: string, { roleless }: IssuerTroubles) {
  const names = namesIn(rolesClaim);
  const told = new Set<string>();
  function tell(reason: string): void {
    // Who has no role there may have no such claim: said once it tells enough.
    if (!told.has(reason)) roleless(reason);
    told.add(reason);
  }
  return (claims: JWTPayload): readonly string[] => {
    const claim = claimAt(claims, names);
    const roles = rolesIn(claim);
    if (claim === undefined) tell(`${rolesClaim}: missing`);
    else if (roles === undefined) tell(`${rolesClaim}: neither a list, a text nor an object`);
    return OURS.filter((role) => roles?.includes(role));
  };
}

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

/** What everybody may say in tokens of their own, and means little here: what does not fit is left out. Who acts by a system is to be said rightly. */
const foreign = {
  reputation: Claims.shape.reputation.catch(0),
  jti: Claims.shape.jti.catch(undefined),
  sid: Claims.shape.sid.catch(undefined),
  acr: Claims.shape.acr.catch(undefined),
  auth_time: Claims.shape.auth_time.catch(undefined),
};

export interface ExternalVerifier extends TokenVerifier {
  /** Names the keys that it verifies by: another one where they are others, and none while they are to be asked for anew. */
  keys(): string | undefined;
}

/** Reads tokens of an issuer that is none of ours: Keycloak, Auth0, another platform. */
export function externalVerifier(options: ExternalOptions): ExternalVerifier {
  const { issuer, audience, jwksUrl, rolesClaim, clock, machineClock, troubles } = options;
  const keys = issuerKeys(new URL(jwksUrl), machineClock, troubles.unreachable);
  const subject = subjectOf(issuer);
  const Said = Claims.extend({ ...foreign, sub: subject, keepers: z.array(subject).max(2).optional() });
  const rolesOf = rolesFor(rolesClaim, troubles);
  const refuse = (reason: string): undefined => troubles.refused(reason) as undefined;
  return {
    keys: keys.current,
    async verify(token, at = clock.now()) {
      const said = saidBy(token);
      if (said === undefined) return undefined;
      const { header, iss } = said;
      // Of others nobody here is to verify anything.
      const cannot = (why: string) =>
        iss === issuer ? (troubles.unverifiable(why) as undefined) : undefined;
      const why = unverifiable(header);
      if (why !== undefined) return cannot(why);
      let payload: JWTPayload;
      try {
        payload = await verifiedBy(keys.get, token, {
          algorithms: [...TAKEN_ALGORITHMS],
          ...{ issuer, audience, clockTolerance: CLOCK_TOLERANCE_SECONDS },
          currentDate: new Date(millisecondsOf(at)),
          requiredClaims: ['exp', 'sub'],
        });
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey)
          return cannot('kid: no key of the issuer is called so');
        // Its claims are looked at behind its signature. That its time is over happens to every token.
        return error instanceof errors.JWTClaimValidationFailed ? refuse(error.message) : undefined;
      }
      if (isOtherToken(payload, header)) return refuse('it is a token of another kind, such as an ID token');
      const read = Said.safeParse({ ...payload, roles: rolesOf(payload) });
      if (read.success) return identityOf(read.data);
      const [issue] = read.error.issues;
      return refuse(`${issue?.path.join('.')}: ${issue?.message}`);
    },
  };
}

/** What a token says of itself, believed by nobody yet; undefined: it is none. */
function saidBy(token: string): { header: ProtectedHeaderParameters; iss: unknown } | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
  try {
    return { header: decodeProtectedHeader(token), iss: decodeJwt(token).iss };
  } catch {
    return undefined;
  }
}

const typeOf = ({ typ }: ProtectedHeaderParameters): string =>
  typeof typ === 'string' ? typ.toLowerCase() : 'jwt';

/** Why nobody here looks at the signature of such a token. */
function unverifiable({ alg = 'none', ...header }: ProtectedHeaderParameters): string | undefined {
  if (!TAKEN_ALGORITHMS.includes(alg))
    return `alg: ${KNOWN_ALGORITHMS.includes(alg) ? alg : 'another'} is not taken`;
  return TAKEN_TYPES.includes(typeOf(header)) ? undefined : 'typ: none that access tokens have';
}

/** By the one key that it names, or by each that it could be where it names none. @throws errors.JOSEError */
async function verifiedBy(
  keys: JWTVerifyGetKey,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let tried = 0;
    for await (const key of error) {
      const verified = await jwtVerify(token, key, options).catch((reason: unknown) => {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      });
      tried += 1;
      if (verified !== undefined) return verified.payload;
      if (tried === MOST_TRIED) break;
    }
    throw error;
  }
}

/**
 * What an issuer signs besides access tokens: it says who somebody is to a system, and lets nobody in. Keycloak hands the `nonce` of a sign-in on
 * to access tokens, which say by their type that they are such.
 */
function isOtherToken(
  payload: Readonly<Record<string, unknown>>,
  header: ProtectedHeaderParameters,
): boolean {
  const { typ } = payload;
  const saysSo = typeOf(header) !== 'jwt' || (typeof typ === 'string' && typ.toLowerCase() === 'bearer');
  return (
    ['at_hash', 'c_hash', 'events', ...(saysSo ? [] : ['nonce'])].some((claim) => claim in payload) ||
    (typeof typ === 'string' && ['ID', 'Refresh', 'Logout'].includes(typ))
  );
}
