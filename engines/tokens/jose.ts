import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import {
  type IssuedToken,
  STEPPED_UP,
  type TokenIssuer,
  type TokenVerifier,
} from '#domain/kernel/ports/tokens.ts';
import { CLOCK_TOLERANCE_SECONDS, Claims, identityOf, MAX_TOKEN_CHARACTERS } from './claims.ts';

/** The one signature we make. */
const ALGORITHM = 'EdDSA';
/**
 * The one signature we take, by both of its names: RFC 9864 calls Ed25519 what RFC 8037 had called EdDSA. A token names
 * its own algorithm, so the choice must not be left to it.
 */
const TAKEN_ALGORITHMS = [ALGORITHM, 'Ed25519'];
/** An Ed25519 key as JSON: with `d` it can sign, without it can only verify. */
const SigningKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string().optional(),
});

export interface TokenOptions {
  /** JSON Web Key, Ed25519; private where tokens are issued, public where they are only read. */
  readonly key: JWK;
  /** Whoever holds the key. */
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

/** A key by its name, which is its thumbprint (RFC 7638) unless it was given one. @throws z.ZodError when it is not an Ed25519 JWK */
export async function namedKey(key: JWK): Promise<JWK & { readonly kid: string }> {
  const parsed = SigningKey.parse(key);
  return { ...key, kid: key.kid ?? (await calculateJwkThumbprint(publicHalf(parsed))) };
}

type VerifyingKey = { readonly kid: string; readonly key: Awaited<ReturnType<typeof importJWK>> };

/** Imported once each. */
function imported() {
  let known: readonly JWK[] | undefined;
  let keys: Promise<readonly VerifyingKey[]> = Promise.resolve([]);
  return (ring: readonly JWK[]): Promise<readonly VerifyingKey[]> => {
    if (known !== ring) {
      known = ring;
      keys = Promise.all(
        ring.map(async (jwk) => ({
          kid: (await namedKey(jwk)).kid,
          key: await importJWK(publicHalf(SigningKey.parse(jwk)), ALGORITHM),
        })),
      );
    }
    return keys;
  };
}

/** What a token says of itself, believed by nobody yet. */
function saidBy(token: string): { kid: string | undefined; iss: string | undefined } | undefined {
  try {
    return { kid: decodeProtectedHeader(token).kid, iss: decodeJwt(token).iss };
  } catch {
    return undefined;
  }
}

export interface RingOptions extends Omit<TokenOptions, 'key'> {
  /** All that verify; the same array as long as they are the same. */
  readonly keys: () => readonly JWK[];
  /** A provider of tokens that signs by them other things too: of it only what calls itself an access token is taken (RFC 9068). */
  readonly provider?: () => string | undefined;
}

/** Reads JWTs that are signed by any of several keys. */
export function ringVerifier({ keys, issuer, provider, audience, clock }: RingOptions): TokenVerifier {
  const importedOf = imported();
  return {
    async verify(token, at = clock.now()) {
      if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
      const said = saidBy(token);
      if (said?.iss === undefined) return undefined;
      const isProviders = said.iss === provider?.();
      if (isProviders && said.kid === undefined) return undefined;
      for (const { kid, key } of await importedOf(keys())) {
        if (said.kid !== undefined && said.kid !== kid) continue;
        const verified = await jwtVerify(token, key, {
          algorithms: TAKEN_ALGORITHMS,
          issuer: isProviders ? said.iss : issuer,
          ...(isProviders && { typ: 'at+jwt' }),
          audience,
          currentDate: new Date(millisecondsOf(at)),
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ['exp', 'sub'],
        }).catch(() => undefined);
        const claims = Claims.safeParse(verified?.payload);
        if (!claims.success) continue;
        const identity = identityOf(claims.data, isProviders);
        return { ...identity, token: { ...identity.token, signedBy: kid } };
      }
      return undefined;
    },
  };
}

/** Reads signed JWTs. @throws z.ZodError when the key is not an Ed25519 JWK. */
export async function joseVerifier({ key, ...options }: TokenOptions): Promise<TokenVerifier> {
  const keys = [await namedKey(key)];
  return ringVerifier({ ...options, keys: () => keys });
}

/** Makes signed JWTs. @throws z.ZodError when the key is not a private Ed25519 JWK. */
export async function joseIssuer(options: TokenOptions): Promise<TokenIssuer> {
  const { issuer, audience, clock } = options;
  const jwk = SigningKey.required({ d: true }).parse(options.key);
  const key = await importJWK(jwk, ALGORITHM);
  const { kid } = await namedKey(options.key);
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

/** Makes such tokens by whichever key is the first at the time. @param keys the same array as long as they are the same @throws as {@link joseIssuer} */
export async function ringIssuer({ keys, ...options }: Omit<RingOptions, 'provider'>): Promise<TokenIssuer> {
  const by = ([key]: readonly JWK[]) => joseIssuer({ ...options, key: key ?? {} });
  let ring = keys();
  let issuer = await by(ring);
  return {
    async issue(person, lifetimeMs) {
      const now = keys();
      if (now !== ring) {
        issuer = await by(now);
        ring = now;
      }
      return issuer.issue(person, lifetimeMs);
    },
  };
}
