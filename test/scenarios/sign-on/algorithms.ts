import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { keyFileIn } from '#engines/folder.ts';
import { kindsOf, readKeys } from '#engines/tokens/key-file.ts';
import { JSON_TYPE } from '../../support/customer.ts';
import { TestBrowser } from '../../support/sign-on.ts';
import { until } from '../../support/until.ts';
import {
  AWAY,
  asks,
  BACK,
  folder,
  grantTypes,
  insecure,
  issuer,
  LEFT,
  platform,
  shop,
  signedIn,
  told,
} from './opened.ts';

// What tokens are signed by: for systems what they know, for the platform itself one thing alone.

const published = createRemoteJWKSet(new URL(`${issuer.href}/jwks`), { cooldownDuration: 0 });
async function supported(): Promise<unknown> {
  const response = await fetch(`${issuer.href}/.well-known/openid-configuration`);
  const { id_token_signing_alg_values_supported: algorithms } = (await response.json()) as Record<
    string,
    unknown
  >;
  return algorithms;
}
async function register(more: object): Promise<Response> {
  const made = await fetch(`${platform.url}/dev/tokens`, {
    ...{ method: 'POST', headers: JSON_TYPE, body: '{"sub":"root","roles":["admin"]}' },
  });
  const { token } = (await made.json()) as { token: string };
  return fetch(`${platform.url}/accounts/clients`, {
    method: 'POST',
    headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    body: JSON.stringify({ client: 'wiki', name: 'A wiki', confidential: true, grantTypes, ...more }),
  });
}
const wiki = {
  ...{ redirectUris: [BACK], postLogoutRedirectUris: [AWAY] },
  ...{ backchannelLogoutUri: LEFT, idTokenSignedResponseAlg: 'RS256' },
};

test('signs by RS256 what a system is told of people, where it asks for that, and access tokens by Ed25519 for all', async () => {
  assert.equal((await register({ client: 'plain', redirectUris: [BACK] })).status, 201);
  assert.deepEqual(await supported(), ['EdDSA'], 'no key for it is made before somebody asks');
  assert.equal((await register({ ...wiki, idTokenSignedResponseAlg: 'HS256' })).status, 400);
  const registered = await register(wiki);
  assert.equal(registered.status, 201);
  const { secret } = (await registered.json()) as { secret: string };
  assert.deepEqual(await supported(), ['EdDSA', 'RS256']);
  const known = { id_token_signed_response_alg: 'RS256', client_secret: secret };
  const system = await oidc.discovery(issuer, 'wiki', known, undefined, insecure);
  const browser = new TestBrowser('cyd');
  const tokens = await signedIn(system, browser);
  const idToken = tokens.id_token ?? '';
  const { payload } = await jwtVerify(idToken, published, { algorithms: ['RS256'], audience: 'wiki' });
  assert.equal(payload.sub, 'cyd');
  assert.equal(decodeProtectedHeader(tokens.access_token).alg, 'EdDSA');
  assert.deepEqual([await asks(tokens.access_token), await asks(idToken)], [200, 401]);
  const others = await signedIn(shop, new TestBrowser('cyd'));
  assert.equal(
    decodeProtectedHeader(others.id_token ?? '').alg,
    'EdDSA',
    'whoever says nothing goes on as before',
  );

  const leaving = oidc.buildEndSessionUrl(system, { id_token_hint: idToken, post_logout_redirect_uri: AWAY });
  const { response } = await browser.go(leaving.href);
  await browser.submit(response, { logout: 'yes' });
  const logout = await until(
    async () => told.find((token) => decodeJwt(token).aud === 'wiki') ?? false,
    'it is told that the session is over',
  );
  await jwtVerify(logout, published, { algorithms: ['RS256'], audience: 'wiki', typ: 'logout+jwt' });
});

test('takes no access token that its key for RS256 has signed, under whichever name', async () => {
  const { ours, rsa } = kindsOf(await readKeys(keyFileIn(folder)));
  const [signer, key] = [ours[0] ?? assert.fail(), rsa[0] ?? assert.fail()];
  const tokens = await signedIn(shop, new TestBrowser('ann'));
  const claims = decodeJwt(tokens.access_token);
  const header = { alg: 'RS256', typ: 'at+jwt', kid: key.kid };
  const signed = async (more: object, alg = 'RS256') =>
    new SignJWT(claims)
      .setProtectedHeader({ ...header, alg, ...more })
      .sign(await importJWK({ ...key, alg }, alg));
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = (kid: string) => `${part({ alg: 'HS256', typ: 'at+jwt', kid })}.${part(claims)}`;
  const confused = [signer.kid, key.kid].map(
    (kid) => `${said(kid)}.${createHmac('sha256', String(key.n)).update(said(kid)).digest('base64url')}`,
  );
  assert.equal(await asks(tokens.access_token), 200, 'the rest of this test rests on this');
  for (const token of [
    await signed({}),
    await signed({ kid: signer.kid }),
    await signed({ kid: undefined }),
    await signed({}, 'PS256'),
    await signed({ typ: 'JWT' }),
    ...confused,
  ])
    assert.equal(await asks(token), 401, JSON.stringify(decodeProtectedHeader(token)));
});
