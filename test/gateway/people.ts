import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Tokens } from '../support/people.ts';
import type { Gateway } from './gateway.ts';

// Who comes to a gateway: with a token, or with what is meant to pass for one.

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What its JSON says; undefined where it is none. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export async function send(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, { redirect: 'manual', ...init, signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  let body: Answered['body'];
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    body = undefined;
  }
  return { status: response.status, headers: response.headers, text, body };
}

const registered = new WeakMap<Gateway, Set<string>>();

/** Whoever this is, registered the first time and signed in by the pages each time. */
export async function tokensFor(gateway: Gateway, name: string): Promise<Tokens> {
  const { people, web } = gateway;
  const known = registered.get(gateway) ?? new Set();
  registered.set(gateway, known);
  const email = `${name}@gateway.example`;
  if (!known.has(name)) await people.register(email);
  known.add(name);
  return people.signIn(web, email);
}

export const signedIn = async (gateway: Gateway, name: string) =>
  bearer((await tokensFor(gateway, name)).access_token);

export interface Claims {
  readonly issuer?: string;
  readonly audience?: string;
  readonly roles?: readonly string[];
  /** From now on, in seconds. */
  readonly endsIn?: number;
  readonly key?: JWK;
  /** What it calls itself; an access token unless told. */
  readonly typ?: string;
}

/** One that nobody was given: signed here, with the provider's key unless another is told. */
export async function tokenOf(gateway: Gateway, sub: string, claims: Claims = {}): Promise<string> {
  const { key = gateway.key, issuer = gateway.issuer, audience = 'annals', endsIn = 300 } = claims;
  const { typ = 'at+jwt' } = claims;
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ roles: [...(claims.roles ?? ['bidder'])] })
    .setProtectedHeader({ alg: 'EdDSA', kid: gateway.key.kid, typ })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now - 10)
    .setExpirationTime(now + endsIn)
    .sign(await importJWK(key, 'EdDSA'));
}

const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');

/** Tokens that nobody may take, by what is wrong with them. */
export async function forgeries(
  gateway: Gateway,
): Promise<readonly (readonly [what: string, token: string])[]> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const good = await tokenOf(gateway, 'eve');
  const [head = '', body = '', signature = ''] = good.split('.');
  const claims = { sub: 'eve', roles: ['admin'], iss: gateway.issuer, aud: 'annals', exp: 4_000_000_000 };
  return [
    ['of another key', await tokenOf(gateway, 'eve', { key: await exportJWK(privateKey) })],
    ['that has ended', await tokenOf(gateway, 'eve', { endsIn: -60 })],
    ['for others', await tokenOf(gateway, 'eve', { audience: 'somebody else' })],
    ['of another issuer', await tokenOf(gateway, 'eve', { issuer: 'https://evil.example' })],
    ['of no algorithm', `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`],
    ['of no algorithm, by a key of ours', `${part({ alg: 'none', kid: gateway.key.kid })}.${part(claims)}.`],
    ['whose claims were changed', `${head}.${part(claims)}.${signature}`],
    ['without a signature', `${head}.${body}.`],
    ['that is none', 'nonsense'],
  ];
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const JSON_TYPE = { 'content-type': 'application/json' };

export const command = (
  origin: string,
  path: string,
  data: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> =>
  send(`${origin}/commands/${path}`, {
    method: 'POST',
    headers: { ...JSON_TYPE, 'idempotency-key': randomUUID(), ...headers },
    body: JSON.stringify(data),
  });

export const question = (
  origin: string,
  query: string,
  headers: Readonly<Record<string, string>> = {},
  variables: object = {},
): Promise<Answered> =>
  send(`${origin}/graphql`, {
    method: 'POST',
    headers: { ...JSON_TYPE, accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
