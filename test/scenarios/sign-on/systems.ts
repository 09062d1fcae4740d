import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { signIn } from '#cli/sign-in.ts';
import { JSON_TYPE } from '../../support/customer.ts';
import { TestBrowser } from '../../support/sign-on.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import {
  asks,
  BACK,
  grants,
  insecure,
  issuer,
  lines,
  phone,
  platform,
  refused,
  STEPPED_UP,
  secret,
  shop,
  signedIn,
} from './opened.ts';

// Systems by themselves, devices and shells, and what is announced.

test('announces what it does, and does all that it announces', async () => {
  const told = shop.serverMetadata();
  const { response_modes_supported: modes = [], token_endpoint_auth_methods_supported: methods } = told;
  const { href } = new URL(told.authorization_endpoint ?? '');
  const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const asked = {
    ...challenge,
    client_id: 'shop',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: BACK,
  };
  const works: string[] = [];
  for (const mode of ['query', 'fragment', 'form_post', 'jwt']) {
    const question = new URLSearchParams({ ...asked, response_mode: mode });
    const { url } = await new TestBrowser('ann').go(`${href}?${question}`, BACK);
    if (new URL(url).searchParams.has('code')) works.push(mode);
  }
  assert.deepEqual(modes, works);
  assert.deepEqual(methods, ['client_secret_basic', 'client_secret_post', 'none']);
  for (const by of [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)])
    await oidc.clientCredentialsGrant(await oidc.discovery(issuer, 'shop', secret, by, insecure));
  const tokens = await signedIn(shop, new TestBrowser('ann'), {
    ...{
      max_age: '600',
      acr_values: told.acr_values_supported?.join(' ') ?? '',
      scope: told.scopes_supported?.join(' ') ?? '',
    },
  });
  const said = Object.keys(tokens.claims() ?? {});
  assert.deepEqual(
    told.claims_supported?.filter((claim) => !said.includes(claim)),
    [],
  );
  assert.deepEqual(told.grant_types_supported, [...grants, 'urn:ietf:params:oauth:grant-type:device_code']);
  assert.deepEqual(
    [told.response_types_supported, told.code_challenge_methods_supported, told.acr_values_supported],
    [['code'], ['S256'], [STEPPED_UP]],
  );
});

test('lets a system in by itself, as what it was registered to be, and no other secret', async () => {
  const tokens = await oidc.clientCredentialsGrant(shop);
  const { sub, roles, keepers, sid, acr } = decodeJwt(tokens.access_token);
  assert.deepEqual(
    { sub, roles, keepers, sid, acr },
    { sub: 'client.shop', roles: ['clerk'], keepers: ['root'], sid: undefined, acr: undefined },
  );
  assert.equal(await asks(tokens.access_token), 403, 'it is a clerk, who has no wallet');
  const guessed = await oidc.discovery(issuer, 'shop', 'a guess', undefined, insecure);
  await refused(oidc.clientCredentialsGrant(guessed), 'invalid_client');
  await refused(oidc.clientCredentialsGrant(phone), 'invalid_request');
});

test('tells a system of its own tokens alone, and revokes them with their session', async () => {
  const browser = new TestBrowser('cyd');
  const tokens = await signedIn(shop, browser);
  const { refresh_token: refresh = '', access_token: access } = tokens;
  for (const token of [refresh, access])
    assert.equal((await oidc.tokenIntrospection(shop, token)).active, true);
  const others = await signedIn(phone, new TestBrowser('cyd'));
  for (const token of [others.refresh_token ?? '', others.access_token, 'nonsense'])
    assert.equal((await oidc.tokenIntrospection(shop, token)).active, false);
  await oidc.tokenRevocation(shop, refresh);
  await refused(oidc.refreshTokenGrant(shop, refresh), 'invalid_grant');
  for (const token of [refresh, access])
    assert.equal((await oidc.tokenIntrospection(shop, token)).active, false);
  const again = await signedIn(shop, browser);
  await oidc.tokenRevocation(shop, again.access_token);
  await refused(oidc.refreshTokenGrant(shop, again.refresh_token ?? ''), 'invalid_grant');
});

test('lets a device in that somebody confirms', async () => {
  const device = await oidc.initiateDeviceAuthorization(phone, { scope: 'openid' });
  const browser = new Visitor({ 'x-person': 'bob' });
  const first = await browser.visit(device.verification_uri_complete ?? '');
  assert.doesNotMatch(first.html, /<script(?![^>]*\bsrc=)/);
  const confirm = await browser.submit(first, { user_code: device.user_code });
  assert.notEqual(confirm.title, first.title);
  assert.match(confirm.html, new RegExp(device.user_code));
  const done = await browser.submit(confirm);
  assert.equal(done.title, 'Your device is signed in – Annals', done.html);
  const tokens = await oidc.pollDeviceAuthorizationGrant(phone, { ...device, interval: 1 });
  assert.equal(decodeJwt(tokens.access_token).sub, 'bob');
});

test('gives an operator a token in their shell, by a system that nobody has to register', async () => {
  const shell = async (person: string, ...words: string[]) => {
    const printed: string[] = [];
    const said: string[] = [];
    const code = await signIn(['--issuer', issuer.href, ...words], {
      print: (line) => void printed.push(line),
      tell: (line) => void said.push(line),
      nowMs: Date.now,
      async wait() {
        const browser = new Visitor({ 'x-person': person });
        const [, page = ''] = /Open (\S+) and/.exec(said.join(' ')) ?? [];
        const first = await browser.visit(page);
        const [, shown = ''] = /be (\S+)\./.exec(said.join(' ')) ?? [];
        assert.match(first.html, new RegExp(shown));
        await browser.submit(await browser.submit(first));
      },
    });
    return { code, printed: printed.join('\n'), said };
  };
  const { code, printed: token } = await shell('ann', '--step-up');
  const { sub, acr, client_id: client } = decodeJwt(token);
  assert.deepEqual([code, sub, acr, client], [0, 'ann', STEPPED_UP, 'annals-console']);
  assert.equal(await asks(token), 200);
  const whole = JSON.parse((await shell('ann', '--json', '--scope', 'openid email')).printed);
  assert.equal(new Date(whole.expires_at).toISOString(), whole.expires_at);
  const console_ = await oidc.discovery(issuer, 'annals-console', undefined, oidc.None(), insecure);
  await oidc.refreshTokenGrant(console_, whole.refresh_token);
  const no = await shell('nobody');
  assert.deepEqual([no.code, no.printed], [1, '']);
});

test('lets an administrator who has just proven who they are make a system known, and tells its secret once', async () => {
  const post = async (path: string, person: object, body: object) => {
    const made = await fetch(`${platform.url}/dev/tokens`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(person),
    });
    const { token } = (await made.json()) as { token: string };
    return fetch(`${platform.url}/accounts/clients${path}`, {
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  };
  const root = { sub: 'root', roles: ['admin'] };
  const robot = { client: 'robot', name: 'A robot', grantTypes: ['client_credentials'], redirectUris: [] };
  const asked = { ...robot, roles: ['clerk'], confidential: true };
  assert.equal((await post('', { sub: 'ann', roles: ['bidder'] }, asked)).status, 403);
  for (const wrong of [
    { client: 'system.door' },
    { client: 'annals-account' },
    { client: 'annals-console' },
    { client: 'ann:USD' },
    { confidential: false },
    { by: 'ann' },
    { roles: ['system'] },
    { roles: ['bidder'] },
    { roles: ['seller'] },
  ])
    assert.equal((await post('', root, { ...asked, ...wrong })).status, 400, JSON.stringify(wrong));
  assert.equal(
    (await post('', root, { ...asked, client: 'ann' })).status,
    409,
    'nobody comes in as somebody else',
  );
  const made = await post('', root, asked);
  assert.equal(made.status, 201);
  const { secret: first } = (await made.json()) as { secret: string };
  const by = (known: string) => oidc.discovery(issuer, 'robot', known, undefined, insecure);
  const before = await oidc.clientCredentialsGrant(await by(first));
  assert.equal((await post('', root, asked)).status, 409);
  const rotated = (await (await post('/robot/secret', root, {})).json()) as { secret: string };
  const fresh = await oidc.clientCredentialsGrant(await by(rotated.secret));
  await until(
    async () => (await asks(before.access_token)) === 401,
    'what it was given by the secret of before is void',
  );
  assert.equal(
    await asks(fresh.access_token),
    403,
    'a clerk without a wallet, also in the second of the change',
  );
  await refused(oidc.clientCredentialsGrant(await by(first)), 'invalid_client');
  assert.equal((await post('/nobody/secret', root, {})).status, 404);
});

test('has no pages of its library, and answers what it does not know by the catalogue', async () => {
  for (const [path, method, status] of [
    ['/oidc/nothing', 'GET', 404],
    ['/oidc', 'GET', 404],
    ['/oidc/token', 'GET', 405],
    ['/oidc/me', 'GET', 404],
    ['/oidc/reg', 'POST', 404],
  ] as const) {
    const response = await fetch(`${platform.url}${path}`, { method });
    assert.equal(response.status, status, path);
    assert.match(response.headers.get('content-type') ?? '', /json/);
    await response.body?.cancel();
  }
  const large = await fetch(`${platform.url}/oidc/token`, { method: 'POST', body: 'x'.repeat(70_000) });
  assert.equal(large.status, 413);
  const known = await fetch(`${platform.url}/.well-known/oauth-authorization-server/oidc`);
  assert.equal(((await known.json()) as { issuer: string }).issuer, issuer.href);
  const described = await fetch(`${issuer}/.well-known/openid-configuration`, {
    headers: { 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' },
  });
  assert.equal(described.headers.get('access-control-allow-origin'), null);
  assert.doesNotMatch(await described.text(), /evil/);
  assert.deepEqual(
    lines.filter((line) => /token.*failed|oidc-provider/.test(line)),
    [],
  );
});
