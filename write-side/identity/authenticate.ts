import type { Authenticate, TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { Unauthenticated } from '#domain/kernel/rejections.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Who asks, by the bearer token of the request. The same answer for every reason: it must teach a forger nothing. */
export function authenticator(tokens: TokenVerifier): Authenticate {
  return async (authorization) => {
    const [, token] = BEARER.exec(authorization ?? '') ?? [];
    if (token === undefined) return Unauthenticated({});
    return (await tokens.verify(token)) ?? Unauthenticated({});
  };
}
