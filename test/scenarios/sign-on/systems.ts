import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { signIn } from '#cli/sign-in.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { newSecret } from '#write-side/accounts/provider/clients.ts';
import { JSON_TYPE } from '../../support/customer.ts';
import { startHere } from '../../support/embedded.ts';
import { someone } from '../../support/platform.ts';
import { askingNobody, TestBrowser } from '../../support/sign-on.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import {
  AWAY,
  asks,
  BACK,
  grants,
  grantTypes,
  insecure,
  issuer,
  lines,
  people,
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
  // Of one sign-out there is a form in the session, which is another's.
  const visitor = new TestBrowser('ann');
  await visitor.go(`${issuer}/session/end`);
  for (const mode of ['fragment', 'form_post', 'web_message']) {
    const question = new URLSearchParams({ ...asked, response_mode: mode });
    const { url } = await visitor.go(`${href}?${question}`, BACK);
    assert.equal(new URL(url).searchParams.get('error'), 'unsupported_response_mode', mode);
  }
  const back = { ...asked, state: 'here', nonce: 'n' };
  const types = ['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'none', 'x'];
  lines.length = 0;
  for (const type of types) {
    const question = new URLSearchParams({ ...back, response_type: type });
    const { headers } = await fetch(`${href}?${question}`, { redirect: 'manual' });
    const { origin, searchParams, hash } = new URL(headers.get('location') ?? '');
    const { error, state } = Object.fromEntries(searchParams);
    const answer = [origin, error, state, hash];
    assert.deepEqual(answer, [new URL(BACK).origin, 'unsupported_response_type', 'here', ''], type);
  }
  assert.deepEqual(
    lines.filter((line) => !/"level":30/.test(line)),
    [],
  );
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
  const prompts: string[] = [];
  for (const prompt of ['none', 'login', 'consent', 'select_account', 'create', 'whatever']) {
    const page = await fetch(`${href}?${new URLSearchParams({ ...asked, prompt })}`, { redirect: 'manual' });
    if (!page.headers.get('location')?.includes('error=invalid_request')) prompts.push(prompt);
  }
  assert.deepEqual(told.prompt_values_supported, prompts);
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
  // As a keyboard for Japanese writes it.
  const wide = device.user_code.replaceAll(/[A-Z]/g, (letter) =>
    String.fromCodePoint(letter.charCodeAt(0) + 0xfee0),
  );
  const confirm = await browser.submit(first, { user_code: `\u200e${wide.replace('-', 'ー')}` });
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

test('lets shells in as a system of its own, which may be turned off', async () => {
  const begins = async (at: string) =>
    fetch(`${at}/oidc/device/auth`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'annals-console', scope: 'openid' }),
    });
  assert.equal((await begins(platform.url)).status, 200);
  const { pages } = askingNobody();
  const without = await startHere({ CONSOLE_SIGN_IN: 'false' }, undefined, {}, { accountPages: pages });
  const answer = await begins(without.url);
  assert.deepEqual(
    [answer.status, ((await answer.json()) as { error: string }).error],
    [401, 'invalid_client'],
  );
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

test('lets people back to an app of their own machine at whichever port it has, and to no system that keeps a secret', async () => {
  const at = (host: string) => [`http://${host}/cb`, 'https://tool.example/cb'];
  await people.client('tool', { grantTypes, redirectUris: at('127.0.0.1') }, false);
  await people.client('tool6', { grantTypes, redirectUris: at('[::1]') }, false);
  await people.client('page', { grantTypes, redirectUris: at('localhost:5173') }, false);
  await people.client('server', { grantTypes, redirectUris: at('127.0.0.1') });
  const goesTo = async (client: string, uri: string) => {
    const asked = { client_id: client, response_type: 'code', scope: 'openid', redirect_uri: uri };
    const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
    const { url } = await new TestBrowser('ann').go(
      `${issuer}/auth?${new URLSearchParams({ ...asked, ...challenge })}`,
      uri,
    );
    return url.startsWith(uri) && new URL(url).searchParams.has('code');
  };
  assert.ok(await goesTo('tool', 'http://127.0.0.1:51234/cb'));
  assert.ok(await goesTo('tool6', 'http://[::1]:51234/cb'));
  assert.ok(await goesTo('tool', 'https://tool.example/cb'));
  assert.ok(await goesTo('page', 'http://localhost:5173/cb'));
  assert.ok(await goesTo('server', 'http://127.0.0.1/cb'));
  for (const [client, uri] of [
    ['tool', 'http://127.0.0.1:51234/another'],
    ['tool', 'http://127.0.0.2:51234/cb'],
    ['tool', 'https://tool.example:444/cb'],
    ['page', 'http://localhost:5174/cb'],
    ['server', 'http://127.0.0.1:51234/cb'],
  ] as const)
    assert.equal(await goesTo(client, uri), false, `${client} ${uri}`);
});

test('takes the questions that a form may ask, and goes on with them by their address', async () => {
  const asked = { client_id: 'shop', response_type: 'code', scope: 'openid', redirect_uri: BACK };
  const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const visitor = new Visitor({ 'x-person': 'ann' });
  const form = new URLSearchParams({ ...asked, ...challenge, state: 'a b&c' });
  await visitor.visit(`${issuer}/auth`, { method: 'POST', body: form });
  assert.equal(visitor.leftFor?.searchParams.get('state'), 'a b&c');
  const out = new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: AWAY });
  const page = await visitor.visit(`${issuer}/session/end`, { method: 'POST', body: out });
  await visitor.submit(page);
  assert.equal(visitor.leftFor?.href, AWAY);
  const long = new URLSearchParams({ ...asked, state: 'x'.repeat(9_000) });
  const refusedForm = await visitor.request(new URL(`${issuer}/auth`), { method: 'POST', body: long });
  assert.equal(refusedForm.status, 413);
});

test('makes no failure of its own of whoever hangs up', async () => {
  lines.length = 0;
  const { hostname, port } = new URL(platform.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    'POST /oidc/token HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n',
  );
  // Once it is asked for the body, somebody reads it.
  await once(socket, 'data');
  socket.write('grant_type=');
  socket.resetAndDestroy();
  await until(() => lines.some((line) => /hung up/.test(line) && !/stack/.test(line)), 'it is noted');
  assert.deepEqual(
    lines.filter((line) => /provider of tokens failed/.test(line)),
    [],
  );
});

test('ends all that a system was given for people once it is removed, and of one with another secret what it was given by itself', async () => {
  const given = async (id: string) => {
    const known = await people.client(id, { grantTypes, redirectUris: [BACK] });
    const config = await oidc.discovery(issuer, id, known, undefined, insecure);
    return { config, tokens: await signedIn(config, new TestBrowser('cyd')) };
  };
  const [first, second] = [await given('gone'), await given('kept')];
  const { secret: another, verifier } = newSecret(systemRandomBytes);
  await people.tell('RotateClientVerifier', { client: 'kept', by: 'root', verifier });
  await people.tell('RemoveClient', { client: 'gone' }, someone('root', 'admin'));
  await until(async () => (await asks(first.tokens.access_token)) === 401, 'nobody comes in through it');
  await refused(oidc.refreshTokenGrant(first.config, first.tokens.refresh_token ?? ''), 'invalid_client');
  assert.equal(await asks(second.tokens.access_token), 200, 'it is a person');
  await refused(oidc.refreshTokenGrant(second.config, second.tokens.refresh_token ?? ''), 'invalid_client');
  const rotated = await oidc.discovery(issuer, 'kept', another, undefined, insecure);
  await oidc.refreshTokenGrant(rotated, second.tokens.refresh_token ?? '');
});
