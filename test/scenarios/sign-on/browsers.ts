import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { Language } from '#domain/kernel/ports/mail.ts';
import { texts } from '#write-side/accounts/pages/languages.ts';
import { MOST_UNDER_WAY } from '#write-side/accounts/provider/cookies.ts';
import { TestBrowser } from '../../support/sign-on.ts';
import { Visitor } from '../../support/visitor.ts';
import { begun, finished, issuer, phone, platform, refused, shop } from './opened.ts';

// Several sign-ins of one browser, its own pages, and wherever somebody ends up nowhere.

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

test('lets anybody come in anew where a system asks for that, or for an account to be made, whoever is there', async () => {
  const visitor = new Visitor({ 'x-person': 'ann' });
  await finished(visitor, shop, await begun(visitor, shop));
  for (const [prompt, person, page] of [
    ['select_account', 'bob', /^\/sign-in\//],
    ['select_account', 'bob', /^\/sign-in\//],
    ['select_account login consent', 'ann', /^\/sign-in\//],
    ['create', 'cyd', /^\/account\/register$/],
  ] as const) {
    visitor.headers = { 'x-person': person };
    const { at, verifier } = await begun(visitor, shop, { prompt });
    assert.match(at.pathname, page);
    // Where one registers the page leads on to the sign-in that waits.
    const waits = (await visitor.jar.getCookies(platform.url)).flatMap(
      ({ key }) => /^annals_sign_in_([\w-]+)$/.exec(key)?.[1] ?? [],
    );
    assert.equal(waits.length, 1);
    const signIn = new URL(`/sign-in/${waits[0]}`, issuer);
    const asked = await visitor.request(signIn);
    assert.equal(asked.headers.get('x-step-up'), 'false', 'nobody is asked whether it is still they');
    const tokens = await finished(visitor, shop, { at: signIn, verifier });
    assert.equal(decodeJwt(tokens.access_token).sub, person);
  }
});

test('passes over what nobody gets: people are asked for what a token then is given for', async () => {
  const visitor = new Visitor({ 'x-person': 'ann' });
  const tab = await begun(visitor, shop, { scope: 'openid profile email phone' });
  assert.equal((await visitor.request(tab.at)).headers.get('x-scopes'), 'openid email');
  const { scope, access_token: token } = await finished(visitor, shop, tab);
  assert.deepEqual([scope, decodeJwt(token).scope], ['openid email', 'openid email']);
});

test('lets whoever is signed in go on as somebody else, in the very sign-in that has asked', async () => {
  const visitor = new Visitor({ 'x-person': 'ann' });
  const first = await finished(visitor, shop, await begun(visitor, shop));
  const tab = await begun(visitor, phone, { login_hint: 'ann@example.org' });
  const aside = await begun(visitor, phone);
  visitor.headers = { 'x-person': 'bob', 'x-another': 'yes' };
  const asked = await visitor.request(tab.at);
  assert.equal(asked.headers.get('location'), tab.at.pathname, 'the same, from the beginning');
  visitor.headers = {};
  const shown = await visitor.request(tab.at);
  const told = ['x-step-up', 'x-hint'].map((name) => shown.headers.get(name));
  assert.deepEqual(told, ['false', ''], 'and nobody is taken for whom they are not');
  visitor.headers = { 'x-person': 'ann' };
  const kept = await oidc.refreshTokenGrant(shop, first.refresh_token ?? '');
  assert.equal(decodeJwt(kept.access_token).sub, 'ann', 'until somebody else has come in');
  visitor.headers = { 'x-person': 'bob' };
  const second = await finished(visitor, phone, tab);
  const { sub, sid } = decodeJwt(second.access_token);
  assert.deepEqual([sub, sid === decodeJwt(kept.access_token).sid], ['bob', false]);
  await refused(oidc.refreshTokenGrant(shop, kept.refresh_token ?? ''), 'invalid_grant');
  assert.equal((await visitor.visit(aside.at)).status, 410, 'what was begun by the one before is over');
  // Who says so, and is the same after all, goes on.
  visitor.headers = { 'x-person': 'bob' };
  const third = await begun(visitor, shop);
  visitor.headers = { 'x-person': 'ann', 'x-another': 'yes' };
  await visitor.request(third.at);
  visitor.headers = { 'x-person': 'bob' };
  assert.equal(decodeJwt((await finished(visitor, shop, third)).access_token).sub, 'bob');
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

test('knows who is signed in at its own pages, sends nobody elsewhere, and lets them leave', async () => {
  const browser = new TestBrowser('ann');
  const who = async () => (await browser.ask(`${platform.url}/test/who`)).json();
  assert.equal(await who(), null);
  const { url } = await browser.go(`${platform.url}/test/enter?to=/test/who`);
  assert.equal(url, `${platform.url}/test/who`);
  const { session, ...rest } = (await who()) as { session: string };
  assert.deepEqual(rest, { person: 'ann', steppedUp: true });
  const used = (await browser.ask(`${platform.url}/test/used?session=${session}`)).json();
  assert.match(String(await used), /^\d{4}-/, 'that they came by it is noted');
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

test('takes whoever comes by another name of the machine to the one that they are known by, before anything is noted', async () => {
  const named = new URL(platform.url);
  named.hostname = named.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  const browser = new TestBrowser('ann');
  const first = await browser.ask(new URL('/test/enter?to=/test/who', named).href);
  assert.deepEqual(first.headers.getSetCookie(), []);
  assert.equal(first.headers.get('location'), `${platform.url}/test/who`);
  const elsewhere = await askingAs('evil.example', '/test/enter?to=/test/who');
  assert.ok(elsewhere.startsWith(`${issuer}/auth?`), elsewhere);
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

/** Where a browser is sent that has come by this name. */
async function askingAs(host: string, path: string): Promise<string> {
  const { hostname, port } = new URL(platform.url);
  const asked = request({ ...{ hostname, port, path }, headers: { host: `${host}:${port}` } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.headers.location ?? '';
}

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
        [visitor, '/oidc/device/nothing', 400, signIn.over],
        [from({}), '/oidc/device/nothing', 400, signIn.over],
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
