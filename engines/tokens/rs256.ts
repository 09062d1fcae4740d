import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';

// Keys for systems that know no other signature: every client of OpenID Connect has to know this one. No access token is made or read by them.

const ALGORITHM = 'RS256';

/** An RSA key of 2,048 bits or more as JSON: with `d` it can sign. */
const RsaKey = z.looseObject({
  kty: z.literal('RSA'),
  n: z.string().min(342),
  e: z.string(),
  d: z.string().optional(),
  alg: z.literal(ALGORITHM).default(ALGORITHM),
});

export const isRsa = ({ kty }: Pick<JWK, 'kty'>): boolean => kty === 'RSA';

/** A fresh private key, as a JSON Web Key. It takes a few tenths of a second, on a thread of its own. */
export async function newRsaKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: ALGORITHM };
}

/** A key by its name, which is its thumbprint (RFC 7638) unless it was given one. @throws z.ZodError when it is not an RSA JWK for RS256 */
export async function namedRsaKey(key: JWK): Promise<JWK & { readonly kid: string }> {
  const { kty, n, e, alg } = RsaKey.parse(key);
  return { ...key, alg, kid: key.kid ?? (await calculateJwkThumbprint({ kty, n, e })) };
}
