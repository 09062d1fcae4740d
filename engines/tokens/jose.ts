import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { Actor, Role, TokenSubject } from '#domain/kernel/actor.ts';
import { instant, later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import {
  type IssuedToken,
  STEPPED_UP,
  type TokenIssuer,
  type TokenNames,
  type TokenVerifier,
} from '#domain/kernel/ports/tokens.ts';

/** The one signature we make. */
const ALGORITHM = 'EdDSA';
/**
 * The one signature we take, by both of its names: RFC 9864 calls Ed25519 what RFC 8037 had called EdDSA. A token names
 * its own algorithm, so the choice must not be left to it.
 */
const TAKEN_ALGORITHMS = [ALGORITHM, 'Ed25519'];
/** Two machines' clocks may disagree by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Of the year 9999, since 1970: the last that an `Instant` can tell. */
const LAST_SECOND = 253_402_300_799;
const MAX_TOKEN_CHARACTERS = 4_096;

/** An Ed25519 key as JSON: with `d` it can sign, without it can only verify. */
const SigningKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string().optional(),
});

/** Seconds since 1970. */
const Moment = z.number().max(LAST_SECOND);

/** Of a token or a session; whoever issues it makes it up. */
const Name = z.string().min(1).max(255);

const Claims = z.object({
  sub: TokenSubject,
  roles: z.array(Role.exclude(['system'])).max(8),
  reputation: Actor.shape.reputation.default(0),
  exp: Moment,
  // Not compared with the present: where a clock is set back, everybody's token is of the future.
  iat: Moment.min(0).optional(),
  jti: Name.optional(),
  sid: Name.optional(),
  acr: z.string().max(255).optional(),
});

const namesIn = ({ jti, sid, iat }: z.output<typeof Claims>): TokenNames => ({
  ...(jti !== undefined && { id: jti }),
  ...(sid !== undefined && { session: sid }),
  ...(iat !== undefined && { issuedAt: instant(Math.floor(iat) * 1000) }),
});

export interface TokenOptions {
  /** JSON Web Key, Ed25519; private where tokens are issued, public where they are only read. */
  readonly key: JWK;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}

/** A fresh private key, as a JSON Web Key. */
export async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return exportJWK(privateKey);
}

/** The half of a key that may be handed out. */
function publicHalf({ kty, crv, x }: z.output<typeof SigningKey>): JWK {
  return { kty, crv, x };
}

/** Reads signed JWTs. @throws z.ZodError when the key is not an Ed25519 JWK. */
export async function joseVerifier(options: TokenOptions): Promise<TokenVerifier> {
  const { issuer, audience, clock } = options;
  const key = await importJWK(publicHalf(SigningKey.parse(options.key)), ALGORITHM);
  return {
    async verify(token, at = clock.now()) {
      if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
      const verified = await jwtVerify(token, key, {
        algorithms: TAKEN_ALGORITHMS,
        issuer,
        audience,
        currentDate: new Date(millisecondsOf(at)),
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      }).catch(() => undefined);
      const claims = Claims.safeParse(verified?.payload);
      if (!claims.success) return undefined;
      const { sub, roles, reputation, exp, acr } = claims.data;
      return {
        actor: { id: sub, roles, reputation },
        expiresAt: instant(Math.floor(exp * 1000)),
        token: namesIn(claims.data),
        steppedUp: acr === STEPPED_UP,
      };
    },
  };
}

/** Makes signed JWTs. @throws z.ZodError when the key is not a private Ed25519 JWK. */
export async function joseIssuer(options: TokenOptions): Promise<TokenIssuer> {
  const { issuer, audience, clock } = options;
  const jwk = SigningKey.required({ d: true }).parse(options.key);
  const key = await importJWK(jwk, ALGORITHM);
  const kid = await calculateJwkThumbprint(publicHalf(jwk));
  return {
    async issue({ id, roles, reputation, steppedUp = false }, lifetimeMs): Promise<IssuedToken> {
      const now = clock.now();
      const expiresAt = later(now, lifetimeMs);
      const token = await new SignJWT({ roles, reputation, ...(steppedUp && { acr: STEPPED_UP }) })
        .setProtectedHeader({ alg: ALGORITHM, kid })
        .setSubject(id)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(Math.floor(millisecondsOf(now) / 1000))
        .setExpirationTime(Math.ceil(millisecondsOf(expiresAt) / 1000))
        .sign(key);
      return { token, expiresAt };
    },
  };
}
