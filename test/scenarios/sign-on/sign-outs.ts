import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { Language } from '#domain/kernel/ports/mail.ts';
import { texts } from '#write-side/accounts/pages/languages.ts';
import { until } from '../../support/until.ts';
import { type Page, Visitor } from '../../support/visitor.ts';
import { AWAY, asks, BACK, begun, finished, issuer, phone, platform, refused, shop, told } from './opened.ts';

// People are asked whether to sign out: they say yes or no, twice, or in one of several tabs.

const { signOut, signedOut, stillIn, yes, no } = texts.en.provider;
const { form_over: formOver, unknown_code: unknownCode } = texts.en.device;

/** The question of a system, or of nobody. */
const asking = (question: Record<string, string> = {}): URL =>
  new URL(`/oidc/session/end?${new URLSearchParams(question)}`, issuer);
const whoIs = async (visitor: Visitor): Promise<{ person: string; session: string } | null> =>
  JSON.parse((await visitor.visit(`${platform.url}/test/who`)).html);
async function arrived(person = 'ann'): Promise<Visitor> {
  const visitor = new Visitor({ 'x-person': person });
  await visitor.visit(`${platform.url}/test/enter?to=/test/who`);
  return visitor;
}
const isTitled = ({ title, html }: Page, begins: string): void =>
  assert.ok(title.startsWith(begins), `${title}: ${html}`);
const aDevice = async () => {
  const { user_code: code, ...more } = await oidc.initiateDeviceAuthorization(phone, { scope: 'openid' });
  return { code, page: more.verification_uri_complete ?? '' };
};

for (const by of ['an ID token', 'its name', 'an ID token, and led away', 'nothing'] as const)
  test(`changes nothing for whoever says no, asked by ${by}`, async () => {
    told.length = 0;
    const visitor = new Visitor({ 'x-person': 'ann' });
    const tokens = await finished(visitor, shop, await begun(visitor, shop));
    const others = await finished(visitor, phone, await begun(visitor, phone));
    const before = await whoIs(visitor);
    const hint = tokens.id_token ?? assert.fail();
    const asked = {
      'an ID token': { id_token_hint: hint },
      'its name': { client_id: 'shop' },
      'an ID token, and led away': { id_token_hint: hint, post_logout_redirect_uri: AWAY, state: 's' },
      nothing: {},
    };
    const page = await visitor.submit(await visitor.visit(asking(asked[by])), {}, no);
    if (by === 'an ID token, and led away') assert.equal(visitor.leftFor?.href, `${AWAY}?state=s`);
    else isTitled(page, stillIn);
    assert.deepEqual(await whoIs(visitor), before);
    // Without a question: what they have allowed stands.
    const silently = { prompt: 'none', redirect_uri: BACK, scope: 'openid', state: 'here' };
    const verifier = oidc.randomPKCECodeVerifier();
    const challenge = await oidc.calculatePKCECodeChallenge(verifier);
    const again = { ...silently, code_challenge: challenge, code_challenge_method: 'S256' };
    await visitor.visit(oidc.buildAuthorizationUrl(shop, again));
    const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
    const next = await oidc.authorizationCodeGrant(shop, visitor.leftFor ?? assert.fail(), check);
    assert.equal(decodeJwt(next.access_token).sid, decodeJwt(tokens.access_token).sid);
    for (const [config, { refresh_token: refresh = '', access_token: token }] of [
      [shop, tokens],
      [phone, others],
    ] as const) {
      assert.equal(await asks(token), 200);
      assert.equal(await asks((await oidc.refreshTokenGrant(config, refresh)).access_token), 200);
    }
    await visitor.submit(await visitor.visit(asking({ client_id: 'shop' })), {}, yes);
    assert.equal(await whoIs(visitor), null);
    await until(() => told.length > 0, 'the system was told');
    assert.equal(told.length, 1, 'of the end, and of nothing before it');
  });

for (const language of Language.options)
  test(`tells whoever says no that they are still signed in, and how to leave, in ${language}`, async () => {
    const { provider } = texts[language];
    const visitor = await arrived();
    visitor.headers = { ...visitor.headers, 'accept-language': language };
    const page = await visitor.submit(await visitor.visit(asking()), {}, provider.no);
    isTitled(page, provider.stillIn);
    assert.ok(!page.html.includes(provider.signedOut) && page.html.includes(provider.stillInWhy));
    assert.ok(page.links.some(({ pathname }) => pathname === '/account/sign-out'));
    isTitled(await visitor.submit(await visitor.visit(asking()), {}, provider.yes), provider.signedOut);
  });

test('takes the yes of each of two tabs, and leads each to where it was asked from', async () => {
  const ways = ['one', 'two'].map((state) => ({ client_id: 'shop', post_logout_redirect_uri: AWAY, state }));
  for (const order of [ways, ways.toReversed()]) {
    const visitor = await arrived();
    const pages = new Map<string, Page>();
    for (const way of ways) pages.set(way.state, await visitor.visit(asking(way)));
    for (const { state } of order) {
      await visitor.submit(pages.get(state) ?? assert.fail(), {}, yes);
      assert.equal(visitor.leftFor?.href, `${AWAY}?state=${state}`);
      assert.equal(await whoIs(visitor), null);
    }
  }
});

test('says to whoever presses yes twice that they are signed out, one behind the other or at once', async () => {
  const visitor = await arrived();
  const page = await visitor.visit(asking());
  for (let presses = 0; presses < 2; presses += 1) isTitled(await visitor.submit(page, {}, yes), signedOut);
  const other = await arrived('bob');
  const asked = await other.visit(asking());
  const both = await Promise.all([other.submit(asked, {}, yes), other.submit(asked, {}, yes)]);
  for (const answer of both) isTitled(answer, signedOut);
});

test('asks whoever has come in since once more, by a page of before', async () => {
  const visitor = await arrived();
  const page = await visitor.visit(asking({ client_id: 'shop', post_logout_redirect_uri: AWAY }));
  await visitor.submit(page, {}, yes);
  visitor.headers = { 'x-person': 'bob' };
  await visitor.visit(`${platform.url}/test/enter?to=/test/who`);
  const asked = await visitor.submit(page, {}, yes);
  isTitled(asked, signOut);
  assert.equal((await whoIs(visitor))?.person, 'bob');
  await visitor.submit(asked, {}, yes);
  assert.equal(visitor.leftFor?.href, AWAY);
  assert.equal(await whoIs(visitor), null);
});

test('signs nobody out by a form that was made up, or made for somebody else', async () => {
  const [visitor, stranger] = [await arrived(), await arrived('bob')];
  const of = async (whose: Visitor) => (await whose.visit(asking())).forms[0]?.fields.xsrf ?? assert.fail();
  const [own, others] = [await of(visitor), await of(stranger)];
  const [, mark] = own.split('.');
  const to = new URLSearchParams({ post_logout_redirect_uri: 'https://evil.example/', client_id: 'shop' });
  const evil = Buffer.from(to.toString()).toString('base64url');
  for (const xsrf of [
    '',
    '.',
    'x',
    others,
    `${evil}.${mark}`,
    `.${mark}x`,
    own.slice(0, -1),
    'x'.repeat(20_000),
  ]) {
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    const answer = await visitor.visit(new URL('/oidc/session/end/confirm', issuer), {
      method: 'POST',
      body,
    });
    assert.ok(
      [signOut, texts.en.provider.problem].some((title) => answer.title.startsWith(title)),
      answer.html,
    );
    assert.equal(visitor.leftFor, undefined);
    assert.equal((await whoIs(visitor))?.person, 'ann', xsrf.slice(0, 100));
  }
  // Another site's form comes without cookies, even where it has all that is in ours.
  const body = new URLSearchParams({ xsrf: own, logout: 'yes' });
  const headers = { cookie: '', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  await visitor.request(new URL('/oidc/session/end/confirm', issuer), { method: 'POST', body, headers });
  assert.equal((await whoIs(visitor))?.person, 'ann');
  isTitled(await visitor.submit(await visitor.visit(asking()), {}, yes), signedOut);
});

test('lets a page to sign out and pages of devices stay open beside each other', async () => {
  const visitor = await arrived();
  const [first, second] = [await aDevice(), await aDevice()];
  const out = await visitor.visit(asking());
  const [one, two] = [await visitor.visit(first.page), await visitor.visit(second.page)];
  const late = await visitor.visit(asking());
  for (const [page, { code }] of [
    [one, first],
    [two, second],
  ] as const) {
    const confirm = await visitor.submit(page);
    assert.ok(confirm.html.includes(code), confirm.html);
    isTitled(await visitor.submit(confirm), texts.en.device.done);
  }
  isTitled(await visitor.submit(out, {}, yes), signedOut);
  isTitled(await visitor.submit(late, {}, yes), signedOut);
});

test('calls no code unknown for the form that it came in, and takes it by the next', async () => {
  const visitor = await arrived();
  const { code, page } = await aDevice();
  const asked = await visitor.visit(page);
  await visitor.visit(`${platform.url}/test/leave`);
  // In another session, which is kept.
  await visitor.visit(`${platform.url}/test/enter?to=/test/who`);
  const told = await visitor.submit(asked);
  assert.ok(told.html.includes(formOver) && !told.html.includes(unknownCode), told.html);
  const confirm = await visitor.submit(told);
  isTitled(confirm, texts.en.device.confirm);
  assert.ok(confirm.html.includes(code));
});

test('asks nobody who is not signed in whether to sign out, and leads them on', async () => {
  const { id_token: hint = '', refresh_token: refresh = '' } = await (async () => {
    const visitor = new Visitor({ 'x-person': 'ann' });
    return finished(visitor, shop, await begun(visitor, shop));
  })();
  const stranger = new Visitor();
  for (const by of [{ id_token_hint: hint }, { client_id: 'shop' }]) {
    await stranger.visit(asking({ ...by, post_logout_redirect_uri: AWAY, state: 'a b+c' }));
    assert.equal(stranger.leftFor?.searchParams.get('state'), 'a b+c');
    assert.ok(stranger.leftFor?.href.startsWith(`${AWAY}?`));
    await stranger.visit(asking({ ...by, post_logout_redirect_uri: AWAY }));
    assert.equal(stranger.leftFor?.href, AWAY);
    isTitled(await stranger.visit(asking(by)), signedOut);
    const astray = await stranger.visit(asking({ ...by, post_logout_redirect_uri: 'https://evil.example/' }));
    assert.deepEqual([astray.status, stranger.leftFor], [400, undefined]);
  }
  isTitled(await stranger.visit(asking({ post_logout_redirect_uri: 'https://evil.example/' })), signedOut);
  isTitled(await stranger.visit(asking()), signedOut);
  await oidc.refreshTokenGrant(shop, refresh);
  await refused(oidc.refreshTokenGrant(shop, refresh), 'invalid_grant');
});
