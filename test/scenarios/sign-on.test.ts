import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import { signIn } from '#cli/sign-in.ts';
import { Language } from '#domain/kernel/ports/mail.ts';
import { texts } from '#write-side/accounts/pages/languages.ts';
import { MOST_UNDER_WAY } from '#write-side/accounts/provider/cookies.ts';
import { dataFolder } from '../support/booted.ts';
import { JSON_TYPE } from '../support/customer.ts';
import { startHere } from '../support/embedded.ts';
import { someone } from '../support/platform.ts';
import { askingNobody, TestBrowser } from '../support/sign-on.ts';
import { until } from '../support/until.ts';
import { Visitor } from '../support/visitor.ts';

// People and systems come in by OAuth 2.0 and OpenID Connect, as a certified client asks for it.

const BACK = 'https://shop.example/back';
const AWAY = 'https://shop.example/away';
const STEPPED_UP = 'urn:annals:stepped-up';
const insecure = { execute: [oidc.allowInsecureRequests] };

const people = askingNobody();
const lines: string[] = [];
const told: string[] = [];
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
const log = { level: 'warn' as const, write: (line: string) => void lines.push(line) };
const folder = await dataFolder();
const platform = await startHere({ DATA_DIR: folder }, log, {}, { accountPages: people.pages });
const issuer = new URL(`${platform.url}/oidc`);
for (const person of ['ann', 'bob', 'cyd']) await people.person(person);
const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
const grantTypes = ['authorization_code', 'refresh_token', 'device_code'];
const secret = await people.client('shop', {
  ...{ grantTypes: [...grantTypes, 'client_credentials'], roles: ['clerk'] },
  ...{ redirectUris: [BACK], postLogoutRedirectUris: [AWAY] },
  backchannelLogoutUri: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/left`,
});
await people.client('phone', { grantTypes, redirectUris: [BACK] }, false);
const shop = await oidc.discovery(issuer, 'shop', secret, undefined, insecure);
const phone = await oidc.discovery(issuer, 'phone', undefined, oidc.None(), insecure);

async function authorize(
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
async function signedIn(config: oidc.Configuration, browser: TestBrowser, more: Record<string, string> = {}) {
  const { back, verifier } = await authorize(config, browser, more);
  return oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: 'here' });
}
async function asks(token: string): Promise<number> {
  const response = await fetch(`${platform.url}/commands/wallets/open-wallet`, {
    method: 'POST',
    headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    body: '{"currency":"USD"}',
  });
  await response.body?.cancel();
  return response.status;
}
const refused = (answer: Promise<unknown>, error: string) =>
  assert.rejects(answer, (thrown: { error?: string }) => {
    assert.equal(thrown.error, error, String(thrown));
    return true;
  });

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

/** The first page of a sign-in at a system, and what the system waits for. */
async function begun(visitor: Visitor, config: oidc.Configuration) {
  const verifier = oidc.randomPKCECodeVerifier();
  const asked = oidc.buildAuthorizationUrl(config, {
    ...{ redirect_uri: BACK, scope: 'openid email', state: 'here', code_challenge_method: 'S256' },
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  });
  const to = (await visitor.request(asked)).headers.get('location') ?? '';
  return { at: new URL(to, issuer), verifier };
}
async function finished(
  visitor: Visitor,
  config: oidc.Configuration,
  { at, verifier }: { at: URL; verifier: string },
) {
  const { html } = await visitor.visit(at);
  const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
  return oidc.authorizationCodeGrant(config, visitor.leftFor ?? assert.fail(html), check);
}

for (const order of ['the first', 'the second'] as const)
  test(`finishes two sign-ins of one browser, ${order} before the other, and neither in another browser`, async () => {
    const visitor = new Visitor({ 'x-person': 'ann' });
    const tabs = [
      [shop, await begun(visitor, shop)],
      [phone, await begun(visitor, phone)],
    ] as const;
    const stranger = new Visitor({ 'x-person': 'bob' });
    await begun(stranger, shop);
    for (const [, { at }] of tabs) assert.equal((await stranger.visit(at)).status, 410);
    const sids = [];
    for (const [config, tab] of order === 'the first' ? tabs : tabs.toReversed()) {
      const tokens = await finished(visitor, config, tab);
      const { sub, sid, client_id: client } = decodeJwt(tokens.access_token);
      assert.deepEqual([sub, client], ['ann', config.clientMetadata().client_id]);
      sids.push(sid);
      assert.equal((await visitor.visit(tab.at)).status, 410, 'it is finished');
    }
    assert.equal(new Set(sids).size, 1, 'in one session');
  });

test('lets whoever else comes in by another tab take the place of who was there', async () => {
  const visitor = new Visitor({ 'x-person': 'ann' });
  const tabs = [await begun(visitor, shop), await begun(visitor, shop)] as const;
  const first = await finished(visitor, shop, tabs[0]);
  visitor.headers = { 'x-person': 'bob' };
  const second = await finished(visitor, shop, tabs[1]);
  assert.equal(decodeJwt(second.access_token).sub, 'bob');
  await refused(oidc.refreshTokenGrant(shop, first.refresh_token ?? ''), 'invalid_grant');
});

test('keeps the cookies of as many sign-ins as a browser may have begun, and those of the newest', async () => {
  const visitor = new Visitor({ 'x-person': 'ann' });
  const [first, second] = [await begun(visitor, shop), await begun(visitor, shop)];
  for (let more = 0; more < MOST_UNDER_WAY - 1; more += 1) await begun(visitor, shop);
  const names = (await visitor.jar.getCookies(platform.url)).map(({ key }) => key);
  assert.equal(names.filter((name) => /sign_in_[\w-]+$/.test(name)).length, MOST_UNDER_WAY);
  assert.equal((await visitor.visit(first.at)).status, 410);
  await finished(visitor, shop, second);
});

test('takes a code once: who brings it again ends all that came of it', async () => {
  const { back, verifier } = await authorize(shop, new TestBrowser('bob'));
  const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
  const tokens = await oidc.authorizationCodeGrant(shop, back, check);
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

test('ends the session of who signs out, and tells those who took part', async () => {
  told.length = 0;
  const browser = new TestBrowser('bob');
  const tokens = await signedIn(shop, browser);
  const url = oidc.buildEndSessionUrl(shop, {
    ...{ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: AWAY },
  });
  const { response } = await browser.go(url.href);
  const left = await browser.submit(response, { logout: 'yes' });
  assert.equal(left.headers.get('location'), AWAY);
  await refused(oidc.refreshTokenGrant(shop, tokens.refresh_token ?? ''), 'invalid_grant');
  await until(() => told.length === 1, 'the system was told');
  const { sub, sid, aud } = decodeJwt(told[0] ?? '');
  assert.deepEqual({ sub, sid, aud }, { sub: 'bob', sid: tokens.claims()?.sid, aud: 'shop' });
  assert.equal(await asks(told[0] ?? ''), 401, 'what tells of an end lets nobody in');
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

test('knows who is signed in at its own pages, sends nobody elsewhere, and lets them leave', async () => {
  const browser = new TestBrowser('ann');
  const who = async () => (await browser.ask(`${platform.url}/test/who`)).json();
  assert.equal(await who(), null);
  const { url } = await browser.go(`${platform.url}/test/enter?to=/test/who`);
  assert.equal(url, `${platform.url}/test/who`);
  const { person, steppedUp } = (await who()) as { person: string; steppedUp: boolean };
  assert.deepEqual({ person, steppedUp }, { person: 'ann', steppedUp: true });
  for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example'])
    assert.equal(
      (await browser.ask(`${platform.url}/test/enter?to=${encodeURIComponent(to)}`)).status,
      500,
      to,
    );
  assert.equal((await browser.ask(`${platform.url}/account/callback?state=made-up&code=x`)).status, 400);
  await browser.go(`${platform.url}/test/leave`);
  assert.equal(await who(), null);
});

test('takes a browser back to each page of its own that it was sent from', async () => {
  const visitor = new Visitor({ 'x-person': 'ann' });
  const enter = async (to: string) => {
    const auth = await visitor.request(new URL(`/test/enter?to=${to}`, issuer));
    const signIn = await visitor.request(new URL(auth.headers.get('location') ?? ''));
    return new URL(signIn.headers.get('location') ?? '', issuer);
  };
  const tabs = [await enter('/test/who?tab=1'), await enter('/test/who?tab=2')];
  for (const [at, tab] of tabs.entries())
    assert.match((await visitor.visit(tab)).url.href, new RegExp(`tab=${at + 1}$`));
});

const HOSTILE = '"><script>alert(1)</script>';
for (const language of Language.options)
  test(`shows whoever ends up nowhere a page with a way on, in ${language}`, async () => {
    const { provider, signIn } = texts[language];
    const visitor = new Visitor({ 'x-person': 'ann', 'accept-language': language });
    const from = (headers: Record<string, string>) =>
      new Visitor({ 'x-person': 'ann', 'accept-language': language, ...headers });
    const tab = await begun(visitor, shop);
    await finished(visitor, shop, tab);
    const uid = tab.at.pathname.split('/')[2];
    const named = encodeURIComponent(HOSTILE);
    const asked = `response_type=code&scope=openid&state=${named}`;
    const enter = '/test/enter?to=/account/security';
    const cases: readonly (readonly [Visitor, path: string, status: number, says: string, wayOn?: string])[] =
      [
        [visitor, `/oidc/auth?client_id=${named}&${asked}`, 400, provider.problem],
        [visitor, `/oidc/auth?${asked}`, 400, provider.problem],
        [visitor, `/oidc/auth?client_id=shop&redirect_uri=${named}&${asked}`, 400, provider.problem],
        [
          visitor,
          `/oidc/auth?client_id=shop&redirect_uri=https://evil.example/&${asked}`,
          400,
          provider.problem,
        ],
        [visitor, `/oidc/auth/${uid}`, 400, signIn.over],
        [visitor, `/oidc/auth/nothing`, 400, signIn.over],
        [
          visitor,
          `/oidc/session/end?client_id=shop&post_logout_redirect_uri=${named}`,
          400,
          provider.problem,
        ],
        [visitor, `/account/callback`, 400, signIn.over],
        [
          visitor,
          `/account/callback?state=${named}&error=${named}&error_description=${named}`,
          400,
          signIn.over,
        ],
        [from({ 'x-person': 'nobody' }), enter, 200, provider.stoppedWhy, '/account/security'],
        [from({ 'x-proven-at': '0' }), enter, 403, provider.refused, '/account/security'],
      ];
    for (const [browser, path, status, says, wayOn = '/account'] of cases) {
      const page = await browser.visit(new URL(path, issuer));
      assert.equal(page.status, status, path);
      assert.match(page.html, new RegExp(`<html lang="${language}">`), path);
      assert.ok(page.html.includes(says), path);
      assert.ok(
        page.links.some(({ pathname }) => pathname === wayOn),
        path,
      );
      assert.doesNotMatch(page.html, /<script>|evil\.example/, path);
      assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/, path);
    }
    // Stopped in one tab by whoever has come in by another.
    const [twoTabs, own] = [from({}), new URL(enter, issuer)];
    const auth = await twoTabs.request(own);
    const asks = await twoTabs.request(new URL(auth.headers.get('location') ?? ''));
    await finished(twoTabs, shop, await begun(twoTabs, shop));
    twoTabs.headers = { ...twoTabs.headers, 'x-person': 'nobody' };
    const stopped = await twoTabs.visit(new URL(asks.headers.get('location') ?? '', issuer));
    assert.ok(stopped.html.includes(provider.stillSignedIn), stopped.html);
    const ways = stopped.links.map(({ pathname }) => pathname);
    assert.ok(ways.includes('/account/security') && ways.includes('/account'), String(ways));
    const again = await twoTabs.visit(stopped.url);
    assert.ok(again.status === 400 && again.html.includes(signIn.over), 'it is shown once');
  });

test('refuses whatever is given in a session that is over, or to somebody who may not come in', async () => {
  const browser = new TestBrowser('cyd');
  const tokens = await signedIn(shop, browser);
  await people.tell('EndSessions', { person: 'cyd', why: 'locked' });
  await refused(oidc.refreshTokenGrant(shop, tokens.refresh_token ?? ''), 'invalid_grant');
  const { response } = await browser.go(`${platform.url}/test/who`);
  assert.equal(await response.json(), null);
});

test('keeps nothing of who is erased, and what they have allowed neither', async () => {
  const rows = () => {
    const file = new DatabaseSync(join(folder, 'sign-ins.db'), { readOnly: true });
    const kept = file.prepare('SELECT kind, person FROM kept WHERE person IS NOT NULL').all();
    file.close();
    return kept.map(({ kind, person }) => ({ kind: String(kind), person: String(person) }));
  };
  const others = new Set(rows().map(({ person }) => person));
  await people.person('fay');
  await signedIn(shop, new TestBrowser('fay'));
  const theirs = () => rows().flatMap(({ kind, person }) => (others.has(person) ? [] : [kind]));
  assert.ok(theirs().includes('Grant') && theirs().includes('Session'));
  await people.tell('EraseMe', { forGood: true }, someone('fay', 'bidder'));
  await until(() => theirs().length === 0, 'it is forgotten');
});

test('tells who took part also where a token was revoked', async () => {
  told.length = 0;
  const tokens = await signedIn(shop, new TestBrowser('cyd'));
  await oidc.tokenRevocation(shop, tokens.access_token);
  await until(() => told.length === 1, 'the system was told');
  assert.equal(decodeJwt(told[0] ?? '').sid, tokens.claims()?.sid);
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

test('gives whoever has lost a role a token in the same second that holds, and takes none of before', async () => {
  await people.person('eve');
  const tokens = await signedIn(shop, new TestBrowser('eve'));
  await people.tell('WithdrawRole', { person: 'eve', role: 'seller' }, someone('root', 'admin'));
  const fresh = await oidc.refreshTokenGrant(shop, tokens.refresh_token ?? '');
  assert.deepEqual(decodeJwt(fresh.access_token).roles, ['bidder']);
  await until(async () => (await asks(tokens.access_token)) === 401, 'the token of before is void');
  assert.equal(await asks(fresh.access_token), 200);
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
  const asked = { ...robot, roles: ['bidder'], confidential: true };
  assert.equal((await post('', { sub: 'ann', roles: ['bidder'] }, asked)).status, 403);
  for (const wrong of [
    { client: 'system.door' },
    { client: 'annals-account' },
    { client: 'annals-console' },
    { client: 'ann:USD' },
    { confidential: false },
    { by: 'ann' },
    { roles: ['system'] },
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
  assert.equal(await asks(fresh.access_token), 200, 'also in the second of the change');
  await refused(oidc.clientCredentialsGrant(await by(first)), 'invalid_client');
  assert.equal((await post('/nobody/secret', root, {})).status, 404);
});
