import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';

// How a caller says who they are (RFC 6750), the same wherever HTTP carries it.

const BEARER = /^Bearer +(\S+) *$/i;

/** The token in the value of an `Authorization` header; undefined: there is none in it. The scheme has no case. */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  BEARER.exec(authorization ?? '')?.[1];

/** The value of `WWW-Authenticate` beside a 401: whoever came with a token is told that it is the token. */
export const bearerChallenge = (authorization: string | undefined): string =>
  `Bearer realm="annals"${bearerToken(authorization) === undefined ? '' : ', error="invalid_token"'}`;

/** The same where the token is good, and they have to prove once more that it is they (RFC 9470). */
export const stepUpChallenge = `Bearer realm="annals", error="insufficient_user_authentication", acr_values="${STEPPED_UP}"`;
