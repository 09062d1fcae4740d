import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import * as oidc from 'openid-client';
import { dataFolder } from '../../support/booted.ts';
import { JSON_TYPE } from '../../support/customer.ts';
import { startHere } from '../../support/embedded.ts';
import { askingNobody, type TestBrowser } from '../../support/sign-on.ts';
import type { Visitor } from '../../support/visitor.ts';

// A platform, two systems of it, and how people come in by them.

export const BACK = 'https://shop.example/back';
export const AWAY = 'https://shop.example/away';
export const STEPPED_UP = 'urn:annals:stepped-up';
export const insecure = { execute: [oidc.allowInsecureRequests] };

export const people = askingNobody();
export const lines: string[] = [];
export const told: string[] = [];
const listener = createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => {
    body += piece;
  });
  request.on('end', () => {
    told.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.end();
  });
});
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
after(() => listener.close());
/** Where systems are told that a session is over. */
export const LEFT = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/left`;
const log = { level: 'info' as const, write: (line: string) => void lines.push(line) };
export const folder = await dataFolder();
export const platform = await startHere({ DATA_DIR: folder }, log, {}, { accountPages: people.pages });
export const issuer = new URL(`${platform.url}/oidc`);
for (const person of ['ann', 'bob', 'cyd']) await people.person(person);
export const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
export const grantTypes = ['authorization_code', 'refresh_token', 'device_code'];
export const secret = await people.client('shop', {
  ...{ grantTypes: [...grantTypes, 'client_credentials'], roles: ['clerk'] },
  ...{ redirectUris: [BACK], postLogoutRedirectUris: [AWAY] },
  backchannelLogoutUri: LEFT,
});
await people.client('phone', { grantTypes, redirectUris: [BACK] }, false);
export const shop = await oidc.discovery(issuer, 'shop', secret, undefined, insecure);
export const phone = await oidc.discovery(issuer, 'phone', undefined, oidc.None(), insecure);

export async function authorize(
  config: oidc.Configuration,
  browser: TestBrowser,
  more: Record<string, string> = {},
): Promise<{ readonly back: URL; readonly verifier: string }> {
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    ...{ redirect_uri: BACK, scope: 'openid email', state: 'here', code_challenge_method: 'S256' },
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    ...more,
  });
  const { url: at } = await browser.go(url.href, BACK);
  return { back: new URL(at), verifier };
}
export async function signedIn(
  config: oidc.Configuration,
  browser: TestBrowser,
  more: Record<string, string> = {},
) {
  const { back, verifier } = await authorize(config, browser, more);
  return oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: 'here' });
}
export async function asks(token: string): Promise<number> {
  const response = await fetch(`${platform.url}/commands/wallets/open-wallet`, {
    method: 'POST',
    headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    body: '{"currency":"USD"}',
  });
  await response.body?.cancel();
  return response.status;
}
export const refused = (answer: Promise<unknown>, error: string) =>
  assert.rejects(answer, (thrown: { error?: string }) => {
    assert.equal(thrown.error, error, String(thrown));
    return true;
  });

/** The first page of a sign-in at a system, and what the system waits for. @param more than any asks, or something else */
export async function begun(visitor: Visitor, config: oidc.Configuration, more: Record<string, string> = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const asked = oidc.buildAuthorizationUrl(config, {
    ...{ redirect_uri: BACK, scope: 'openid email', state: 'here', code_challenge_method: 'S256' },
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    ...more,
  });
  const to = (await visitor.request(asked)).headers.get('location') ?? '';
  return { at: new URL(to, issuer), verifier };
}
export async function finished(
  visitor: Visitor,
  config: oidc.Configuration,
  { at, verifier }: { at: URL; verifier: string },
) {
  const { html } = await visitor.visit(at);
  const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
  return oidc.authorizationCodeGrant(config, visitor.leftFor ?? assert.fail(html), check);
}
