import type { Authenticate, TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { Unauthenticated } from '#domain/kernel/rejections.ts';
import { bearerToken } from '#runtime/bearer.ts';

/** Who asks, by the bearer token of the request. The same answer for every reason: it must teach a forger nothing. */
export function authenticator(tokens: TokenVerifier): Authenticate {
  return async (authorization) => {
    const token = bearerToken(authorization);
    if (token === undefined) return Unauthenticated({});
    return (await tokens.verify(token)) ?? Unauthenticated({});
  };
}
