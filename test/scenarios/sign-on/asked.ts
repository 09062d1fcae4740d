import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { TestBrowser } from '../../support/sign-on.ts';
import { Visitor } from '../../support/visitor.ts';
import { authorize, BACK, issuer, phone, platform, refused, shop, signedIn } from './opened.ts';

// What a system asks for: scopes, and the resource that its tokens are for.

test('refuses who asks for no scope that there is, before anybody signs in, and says so', async () => {
  const verifier = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  for (const client of ['shop', 'phone'])
    for (const scope of [undefined, '', 'profile', 'profile phone', 'offline_access']) {
      const asked = { client_id: client, response_type: 'code', redirect_uri: BACK, state: 'here' };
      const search = new URLSearchParams({ ...asked, ...verifier, ...(scope !== undefined && { scope }) });
      const { headers } = await new Visitor().request(new URL(`${issuer}/auth?${search}`));
      const back = new URL(headers.get('location') ?? assert.fail(`${client} ${scope}`));
      assert.equal(back.origin + back.pathname, BACK);
      assert.deepEqual(
        ['error', 'error_description', 'state'].map((name) => back.searchParams.get(name)),
        ['invalid_scope', 'scope has to name openid or email', 'here'],
      );
    }
  const { back } = await authorize(shop, new TestBrowser('ann'), { scope: 'email profile' });
  assert.ok(back.searchParams.has('code'), back.href);
  await refused(oidc.initiateDeviceAuthorization(phone, { scope: 'profile' }), 'invalid_scope');
});

test('takes its own address with a slash behind it for the resource that it is', async () => {
  const slashed = { resource: `${platform.url}/` };
  const browser = new TestBrowser('ann');
  const { back, verifier } = await authorize(shop, browser, slashed);
  const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
  const first = await oidc.authorizationCodeGrant(shop, back, check, { resource: platform.url });
  const plain = await signedIn(shop, browser, { resource: platform.url });
  const again = await oidc.refreshTokenGrant(shop, first.refresh_token ?? '', slashed);
  const own = await oidc.clientCredentialsGrant(shop, slashed);
  for (const { access_token: token } of [first, plain, again, own])
    assert.equal(decodeJwt(token).aud, decodeJwt(plain.access_token).aud);
  assert.equal(decodeJwt(plain.access_token).aud, 'annals');
  for (const resource of [`${platform.url}/x`, `${platform.url}//`, 'https://other.example/']) {
    const { back: refusedAt } = await authorize(shop, browser, { resource });
    assert.equal(refusedAt.searchParams.get('error'), 'invalid_target', resource);
  }
});
