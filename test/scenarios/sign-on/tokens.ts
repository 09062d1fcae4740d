import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { keyFileIn } from '#engines/folder.ts';
import { readKeys } from '#engines/tokens/key-file.ts';
import { someone } from '../../support/platform.ts';
import { TestBrowser } from '../../support/sign-on.ts';
import { until } from '../../support/until.ts';
import {
  asks,
  authorize,
  BACK,
  folder,
  issuer,
  people,
  phone,
  platform,
  refused,
  STEPPED_UP,
  shop,
  signedIn,
} from './opened.ts';

// What a sign-in comes to, and how often.

test('lets somebody in by a code, with tokens that say what they may and end in five minutes', async () => {
  const tokens = await signedIn(shop, new TestBrowser('ann'));
  const claims = decodeJwt(tokens.access_token);
  assert.equal(decodeProtectedHeader(tokens.access_token).typ, 'at+jwt');
  const { sub, aud, roles, acr, client_id: client, iss } = claims;
  assert.deepEqual(
    { sub, aud, roles, acr, client, iss },
    {
      sub: 'ann',
      aud: 'annals',
      roles: ['bidder', 'seller'],
      acr: STEPPED_UP,
      client: 'shop',
      iss: issuer.href,
    },
  );
  assert.ok(Number(claims.exp) - Number(claims.iat) <= 300);
  assert.ok(typeof claims.sid === 'string' && typeof claims.jti === 'string');
  assert.equal(tokens.claims()?.email, 'ann@example.org');
  assert.equal(await asks(tokens.access_token), 200);
  assert.equal(await asks(tokens.id_token ?? ''), 401, 'an ID token lets nobody in');
  assert.equal(await asks(tokens.refresh_token ?? ''), 401);
});

test('lets nobody in without PKCE, with a plain challenge, or to another address', async () => {
  const at = new URL(shop.serverMetadata().authorization_endpoint ?? '');
  const asked = { client_id: 'shop', response_type: 'code', scope: 'openid', redirect_uri: BACK };
  const plain = { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' };
  for (const more of [{}, plain]) {
    at.search = new URLSearchParams({ ...asked, ...more }).toString();
    const { url } = await new TestBrowser('ann').go(at.href, BACK);
    assert.equal(new URL(url).searchParams.get('error'), 'invalid_request');
  }
  const s256 = { ...plain, code_challenge_method: 'S256' };
  at.search = new URLSearchParams({ ...asked, ...s256, redirect_uri: `${BACK}/elsewhere` }).toString();
  const { response } = await new TestBrowser('ann').go(at.href);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /invalid_redirect_uri/);
  const { back } = await authorize(shop, new TestBrowser('ann'));
  await refused(
    oidc.authorizationCodeGrant(shop, back, { pkceCodeVerifier: 'y'.repeat(43), expectedState: 'here' }),
    'invalid_grant',
  );
  const aborted = await authorize(shop, new TestBrowser('nobody'));
  assert.equal(aborted.back.searchParams.get('error'), 'access_denied');
});

test('takes a code once: who brings it again ends all that came of it', async () => {
  const { back, verifier } = await authorize(shop, new TestBrowser('bob'));
  const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
  const tokens = await oidc.authorizationCodeGrant(shop, back, check);
  // Whoever has read it somewhere ends nothing: another system, or one without the verifier.
  for (const [system, verifier_] of [
    [phone, verifier],
    [shop, 'y'.repeat(43)],
  ] as const)
    await refused(
      oidc.authorizationCodeGrant(system, back, { ...check, pkceCodeVerifier: verifier_ }),
      'invalid_grant',
    );
  assert.equal((await oidc.tokenIntrospection(shop, tokens.access_token)).active, true);
  await refused(oidc.authorizationCodeGrant(shop, back, check), 'invalid_grant');
  await refused(oidc.refreshTokenGrant(shop, tokens.refresh_token ?? ''), 'invalid_grant');
  assert.equal((await oidc.tokenIntrospection(shop, tokens.access_token)).active, false);
});

test('gives another refresh token for each, also to who keeps no secret', async () => {
  let { refresh_token: token = '' } = await signedIn(phone, new TestBrowser('ann'));
  for (let times = 0; times < 3; times += 1) {
    const fresh = await oidc.refreshTokenGrant(phone, token);
    assert.notEqual(fresh.refresh_token, token);
    assert.equal(await asks(fresh.access_token), 200);
    token = fresh.refresh_token ?? '';
  }
});

test('lets one of ten that refresh at once, and revokes the family', async () => {
  const { refresh_token: token = '' } = await signedIn(shop, new TestBrowser('ann'));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => oidc.refreshTokenGrant(shop, token)),
  );
  const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  assert.equal(won.length, 1);
  await refused(oidc.refreshTokenGrant(shop, won[0]?.value.refresh_token ?? ''), 'invalid_grant');
});

test('revokes the family of a refresh token that comes again', async () => {
  const { refresh_token: first = '' } = await signedIn(shop, new TestBrowser('ann'));
  const { refresh_token: second = '' } = await oidc.refreshTokenGrant(shop, first);
  await refused(oidc.refreshTokenGrant(shop, first), 'invalid_grant');
  await refused(oidc.refreshTokenGrant(shop, second), 'invalid_grant');
});

test('lets a token last no longer than the first of the roles that it tells', async () => {
  await people.person('gus');
  const until = new Date(Date.now() + 120_000).toISOString();
  await people.tell('GrantRole', { person: 'gus', role: 'seller', until }, someone('root', 'admin'));
  const { access_token: token } = await signedIn(shop, new TestBrowser('gus'));
  const { exp, roles_end: told } = decodeJwt(token);
  assert.deepEqual([exp, told], [Math.floor(Date.parse(until) / 1_000), undefined]);
});

test('gives whoever has lost a role a token in the same second that holds, and takes none of before', async () => {
  await people.person('eve');
  const tokens = await signedIn(shop, new TestBrowser('eve'));
  await people.tell('WithdrawRole', { person: 'eve', role: 'seller' }, someone('root', 'admin'));
  const fresh = await oidc.refreshTokenGrant(shop, tokens.refresh_token ?? '');
  assert.deepEqual(decodeJwt(fresh.access_token).roles, ['bidder']);
  await until(async () => (await asks(tokens.access_token)) === 401, 'the token of before is void');
  assert.equal(await asks(fresh.access_token), 200);
});

test('takes no token that tells of a role for longer than it stands by now', async () => {
  await people.person('zoe');
  const { access_token: before, refresh_token: refresh = '' } = await signedIn(shop, new TestBrowser('zoe'));
  const end = new Date(Date.now() + 120_000).toISOString();
  await people.tell('GrantRole', { person: 'zoe', role: 'seller', until: end }, someone('root', 'admin'));
  await until(async () => (await asks(before)) === 401, 'the token of before is void');
  const { access_token: fresh } = await oidc.refreshTokenGrant(shop, refresh);
  assert.equal(decodeJwt(fresh).exp, Math.floor(Date.parse(end) / 1_000));
  assert.equal(await asks(fresh), 200);
});

test('asks once more who somebody is, where a system wants that, and goes on in the same session', async () => {
  const browser = new TestBrowser('ann');
  const first = await signedIn(shop, browser);
  const same = await signedIn(shop, browser, { acr_values: STEPPED_UP });
  assert.equal(decodeJwt(same.access_token).sid, decodeJwt(first.access_token).sid);
  const asked = await signedIn(shop, browser, { prompt: 'login' });
  assert.equal(decodeJwt(asked.access_token).sid, decodeJwt(first.access_token).sid);
  browser.person = 'bob';
  const other = await signedIn(shop, browser, { prompt: 'login' });
  assert.equal(decodeJwt(other.access_token).sub, 'bob');
  await refused(oidc.refreshTokenGrant(shop, first.refresh_token ?? ''), 'invalid_grant');
});

test('takes a password alone for no step-up any more once there is another factor', async () => {
  await people.person('hal');
  const [first, second] = [new TestBrowser('hal'), new TestBrowser('hal')];
  const who = async (browser: TestBrowser) =>
    ((await (await browser.ask(`${platform.url}/test/who`)).json()) as { steppedUp: boolean }).steppedUp;
  const given = [];
  for (const browser of [first, second]) given.push(await signedIn(shop, browser));
  assert.deepEqual([await who(first), await who(second)], [true, true]);
  await people.tell('EnrolTotp', { person: 'hal', secret: 'JBSWY3DPEHPK3PXP' });
  await people.tell('ConfirmTotp', { person: 'hal', step: 1 });
  await second.ask(`${platform.url}/test/proved`);
  assert.deepEqual([await who(first), await who(second)], [false, true]);
  const removes = (token: string) =>
    fetch(`${platform.url}/accounts/me/totp`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
  for (const { access_token: before, refresh_token: refresh = '' } of given) {
    await until(async () => (await asks(before)) === 401, 'what was stepped up by the password alone ends');
    const { access_token: fresh } = await oidc.refreshTokenGrant(shop, refresh);
    assert.deepEqual([decodeJwt(fresh).acr, decodeJwt(fresh).amr], [undefined, ['pwd']]);
    assert.equal(await asks(fresh), 200);
    assert.equal((await removes(fresh)).status, 401);
  }
  // Also where this process was not told yet that such tokens end.
  const [key = assert.fail()] = await readKeys(keyFileIn(folder));
  const [old = assert.fail()] = given.map(({ access_token: token }) => token);
  const iat = Math.floor(Date.now() / 1_000);
  const knowing = await new SignJWT({ ...decodeJwt(old), iat, as_of: 1_000 })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid })
    .sign(await importJWK(key, 'EdDSA'));
  assert.equal(await asks(knowing), 200, 'it is a token');
  assert.match(await (await removes(knowing)).text(), /step_up_required/);
  const asked = `${platform.url}/test/enter?stepUp=yes`;
  const page = `${platform.url}/sign-in/`;
  assert.ok((await first.go(asked, page)).url.startsWith(page), 'it is asked for');
  const { access_token: both } = await signedIn(shop, second, { acr_values: STEPPED_UP });
  assert.deepEqual([decodeJwt(both).acr, decodeJwt(both).amr], [STEPPED_UP, ['pwd', 'otp']]);
  assert.equal(await asks(both), 200);
});
