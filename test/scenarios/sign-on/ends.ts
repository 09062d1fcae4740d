import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { decodeJwt, importJWK, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { namedKey, newSigningKey } from '#engines/tokens/jose.ts';
import { someone } from '../../support/platform.ts';
import { TestBrowser } from '../../support/sign-on.ts';
import { until } from '../../support/until.ts';
import { AWAY, asks, BACK, folder, people, platform, refused, shop, signedIn, told } from './opened.ts';

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
  assert.equal(left.headers.get('location'), AWAY);
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

test('tells who took part also where a token was revoked', async () => {
  told.length = 0;
  const tokens = await signedIn(shop, new TestBrowser('cyd'));
  await oidc.tokenRevocation(shop, tokens.access_token);
  await until(() => told.length === 1, 'the system was told');
  assert.equal(decodeJwt(told[0] ?? '').sid, tokens.claims()?.sid);
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
  assert.equal(left.headers.get('location'), AWAY);
  await refused(oidc.refreshTokenGrant(shop, tokens.refresh_token ?? ''), 'invalid_grant');
});
