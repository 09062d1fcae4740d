import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { decodeJwt, importJWK, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { masterSecretOf } from '#compose/person-keys.ts';
import { joseSealing } from '#engines/sealing.ts';
import { namedKey, newSigningKey } from '#engines/tokens/jose.ts';
import { someone } from '../../support/platform.ts';
import { goesOnTo, TestBrowser } from '../../support/sign-on.ts';
import { until } from '../../support/until.ts';
import { Visitor } from '../../support/visitor.ts';
import {
  AWAY,
  asks,
  BACK,
  begun,
  folder,
  insecure,
  issuer,
  people,
  phone,
  platform,
  refused,
  shop,
  signedIn,
  told,
} from './opened.ts';

// What ends a session, and who learns of it.

test('ends the session of who signs out, and tells those who took part', async () => {
  told.length = 0;
  const browser = new TestBrowser('bob');
  const tokens = await signedIn(shop, browser);
  const url = oidc.buildEndSessionUrl(shop, {
    ...{ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: AWAY },
  });
  const { response } = await browser.go(url.href);
  const left = await browser.submit(response, { logout: 'yes' });
  assert.equal(await goesOnTo(left), AWAY);
  await refused(oidc.refreshTokenGrant(shop, tokens.refresh_token ?? ''), 'invalid_grant');
  await until(() => told.length === 1, 'the system was told');
  const { sub, sid, aud } = decodeJwt(told[0] ?? '');
  assert.deepEqual({ sub, sid, aud }, { sub: 'bob', sid: tokens.claims()?.sid, aud: 'shop' });
  assert.equal(await asks(told[0] ?? ''), 401, 'what tells of an end lets nobody in');
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

test('opens nothing by the master key alone of what a system has said of somebody it sends, also where they have not come in yet', async () => {
  const sealing = joseSealing(
    (await masterSecretOf({ personKeys: { file: '', masterKeyFile: undefined }, dataDir: folder })).keyFor(
      'sign-ins',
    ),
  );
  async function openedBy(kind: string): Promise<readonly string[]> {
    const file = new DatabaseSync(join(folder, 'sign-ins.db'), { readOnly: true });
    const rows = file.prepare('SELECT kind, sealed FROM kept').all();
    file.close();
    const bytes = rows.filter((row) => row.kind === kind).map(({ sealed }) => String(sealed));
    const texts = await Promise.all(bytes.map((text) => sealing.open(new TextEncoder().encode(text))));
    return texts.filter((text) => text !== undefined);
  }
  const browser = new TestBrowser('uma');
  await people.person('uma');
  const email = 'uma@example.org';
  const hints = { login_hint: email, state: `of ${email}` };
  const { id_token: hint = '' } = await signedIn(shop, browser);
  const { id_token: ofPhone = '' } = await signedIn(phone, browser);
  assert.equal(decodeJwt(hint).email, email);
  const asked = { redirect_uri: BACK, scope: 'openid', code_challenge: 'x'.repeat(43), ...hints };
  const question = oidc.buildAuthorizationUrl(shop, {
    ...asked,
    code_challenge_method: 'S256',
    id_token_hint: hint,
  });
  // Begun and left there, and gone on with in another browser.
  await new TestBrowser('nobody').go(question.href, `${platform.url}/sign-in/`);
  const { url: back } = await browser.go(question.href, BACK);
  assert.equal(new URL(back).searchParams.get('state'), hints.state);
  const device = await oidc.initiateDeviceAuthorization(phone, {
    ...{ scope: 'openid', login_hint: email, id_token_hint: ofPhone },
  });
  await new TestBrowser('nobody').go(device.verification_uri_complete ?? '');
  told.length = 0;
  await people.tell('EraseMe', { forGood: true }, someone('uma', 'bidder'));
  await until(() => told.length === 1, 'the system was told');
  const said = [email, ...[hint, ofPhone].map((token) => token.split('.')[1] ?? assert.fail(token))];
  const named = async (kind: string) =>
    (await openedBy(kind)).filter((text) => said.some((each) => text.includes(each)));
  assert.ok((await openedBy('DeviceCode')).length > 0, 'others do open');
  for (const kind of ['Interaction', 'DeviceCode', 'Session', 'Grant', 'AuthorizationCode', 'RefreshToken'])
    assert.deepEqual(await named(kind), [], kind);
  assert.deepEqual(await openedBy('Interaction'), []);
});

test('calls a session the same in every token, and in what tells of its end', async () => {
  told.length = 0;
  const tokens = await signedIn(shop, new TestBrowser('cyd'));
  const { sid } = decodeJwt(tokens.access_token);
  assert.equal(tokens.claims()?.sid, sid);
  await people.tell('EndSessions', { person: 'cyd', session: String(sid), why: 'ended' });
  await until(() => told.length === 1, 'the system was told');
  assert.equal(decodeJwt(told[0] ?? '').sid, sid);
});

test('lets a system give back its own tokens, and its person goes on at the others', async () => {
  for (const kind of ['access_token', 'refresh_token'] as const) {
    told.length = 0;
    const browser = new TestBrowser('bob');
    const [here, there] = [await signedIn(phone, browser), await signedIn(shop, browser)];
    const other = await signedIn(phone, new TestBrowser('bob'));
    assert.equal(decodeJwt(here.access_token).sid, decodeJwt(there.access_token).sid, 'one session');
    const fresh = await oidc.refreshTokenGrant(phone, here.refresh_token ?? '');
    await oidc.tokenRevocation(phone, fresh[kind] ?? '');
    await refused(oidc.refreshTokenGrant(phone, fresh.refresh_token ?? ''), 'invalid_grant');
    for (const { access_token: gone } of [here, fresh])
      await until(async () => (await asks(gone)) === 401, 'all that came of the same leave is void');
    assert.equal(await asks(there.access_token), 200, kind);
    assert.equal(await asks(other.access_token), 200, 'and in another session, too');
    assert.equal((await oidc.tokenIntrospection(shop, there.access_token)).active, true);
    const on = await oidc.refreshTokenGrant(shop, there.refresh_token ?? '');
    assert.equal(await asks(on.access_token), 200);
    assert.notEqual(await (await browser.ask(`${platform.url}/test/who`)).json(), null, 'still signed in');
    assert.deepEqual(told, [], 'nobody is told of an end');
    const again = await signedIn(phone, browser);
    assert.equal(decodeJwt(again.access_token).sid, decodeJwt(there.access_token).sid);
    assert.equal(await asks(again.access_token), 200, 'the system comes in anew');
  }
});

test('says of a token at once that it was given back', async () => {
  const { access_token: token } = await signedIn(shop, new TestBrowser('bob'));
  assert.equal((await oidc.tokenIntrospection(shop, token)).active, true);
  await oidc.tokenRevocation(shop, token);
  assert.equal((await oidc.tokenIntrospection(shop, token)).active, false);
});

test('lets somebody sign out by the hint of a key that is gone, and takes it for nothing more', async () => {
  const browser = new TestBrowser('bob');
  const tokens = await signedIn(shop, browser);
  const claims = decodeJwt(tokens.id_token ?? '');
  const gone = await namedKey(await newSigningKey());
  const hint = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: gone.kid })
    .sign(await importJWK(gone, 'EdDSA'));
  const asked = { id_token_hint: hint, redirect_uri: BACK, scope: 'openid', state: 'here' };
  const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const back = async (more: Record<string, string>) => {
    const question = oidc.buildAuthorizationUrl(shop, { ...asked, ...challenge, ...more });
    return new URL((await browser.go(question.href, BACK)).url).searchParams;
  };
  assert.equal((await back({ prompt: 'none' })).get('error'), 'login_required');
  assert.ok((await back({})).has('code'));
  const forged = `${(tokens.id_token ?? '').slice(0, -8)}AAAAAAAA`;
  assert.equal((await back({ id_token_hint: forged })).get('error'), 'invalid_request');
  const url = oidc.buildEndSessionUrl(shop, { id_token_hint: hint, post_logout_redirect_uri: AWAY });
  const { response } = await browser.go(url.href);
  const left = await browser.submit(response, { logout: 'yes' });
  assert.equal(await goesOnTo(left), AWAY);
  await refused(oidc.refreshTokenGrant(shop, tokens.refresh_token ?? ''), 'invalid_grant');
});

test('leads out of here behind a form by a page that stays, to systems and to apps, in and out', async () => {
  const [HOME, OUT] = ['com.example.app:/back', 'com.example.app:/out'];
  const grantTypes = ['authorization_code', 'refresh_token'];
  await people.client('app', { grantTypes, redirectUris: [HOME], postLogoutRedirectUris: [OUT] }, false);
  const app = await oidc.discovery(issuer, 'app', undefined, oidc.None(), insecure);
  for (const [system, back, away] of [
    [app, HOME, OUT],
    [shop, BACK, AWAY],
  ] as const) {
    const visitor = new Visitor({ 'x-person': 'ann' });
    /** Where it goes by itself, and its button as often as it is pressed: no answer of ours is used up by it. */
    const isLeft = ({ status, headers, links, forms }: Awaited<ReturnType<Visitor['visit']>>, to: string) => {
      assert.equal(status, 200, 'no redirect, which Chromium would hold against the form before it');
      assert.match(headers.get('content-security-policy') ?? '', /form-action 'self';/);
      assert.ok(visitor.leftFor?.href.startsWith(to), String(visitor.leftFor));
      assert.deepEqual(
        [links.filter(({ origin }) => origin !== issuer.origin), forms],
        [[visitor.leftFor], []],
      );
    };
    const { at, verifier } = await begun(visitor, system, { redirect_uri: back });
    isLeft(await visitor.visit(at), `${back}?code=`);
    const check = { pkceCodeVerifier: verifier, expectedState: 'here' };
    const tokens = await oidc.authorizationCodeGrant(system, visitor.leftFor ?? assert.fail(), check);
    const url = oidc.buildEndSessionUrl(system, {
      ...{ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: away },
    });
    const asked = await visitor.visit(url);
    assert.match(asked.headers.get('content-security-policy') ?? '', /form-action 'self';/);
    isLeft(await visitor.submit(asked), away);
    await refused(oidc.refreshTokenGrant(system, tokens.refresh_token ?? ''), 'invalid_grant');
  }
});
