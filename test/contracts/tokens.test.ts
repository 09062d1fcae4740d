import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import { test } from 'node:test';
import {
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  generateSecret,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose';
import { instant, later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { joseIssuer, joseVerifier, newSigningKey } from '#engines/tokens/jose.ts';

const start = instant(Date.UTC(2026, 2, 1));
let now = start;
const clock: Clock = { now: () => now, at: () => () => undefined };
const key = await newSigningKey();
const options = { key, issuer: 'annals', audience: 'annals', clock };
const issuer = await joseIssuer(options);
const verifier = await joseVerifier(options);
const ann = { id: 'ann', roles: ['bidder', 'seller'], reputation: 12 } as const;
const HOUR_MS = 3_600_000;

/** A token signed with the right key that says whatever a test wants it to say. */
async function signed(claims: Record<string, unknown>, change: (jwt: SignJWT) => SignJWT = (jwt) => jwt) {
  const jwt = new SignJWT({ sub: 'ann', roles: ['bidder'], ...claims })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer('annals')
    .setAudience('annals');
  if (claims.exp === undefined) jwt.setExpirationTime(Date.parse(start) / 1000 + 60);
  return change(jwt).sign(await importJWK(key, 'EdDSA'));
}

test('whoever a token was issued to is whom it is read as', async () => {
  const { token, expiresAt } = await issuer.issue(ann, HOUR_MS);
  assert.equal(expiresAt, later(start, HOUR_MS));
  assert.deepEqual(await verifier.verify(token), {
    actor: ann,
    expiresAt,
    token: { issuedAt: start, signedBy: decodeProtectedHeader(token).kid },
    steppedUp: false,
  });
});

test('a public key is enough to read tokens, and not enough to issue them', async () => {
  const { d: _private, ...half } = key;
  const reader = await joseVerifier({ ...options, key: half });
  const { token, expiresAt } = await issuer.issue(ann, HOUR_MS);
  assert.deepEqual(await reader.verify(token), {
    actor: ann,
    expiresAt,
    token: { issuedAt: start, signedBy: decodeProtectedHeader(token).kid },
    steppedUp: false,
  });
  await assert.rejects(joseIssuer({ ...options, key: half }));
});

test('a token is nothing after its time, by the clock of the platform', async () => {
  const { token } = await issuer.issue(ann, HOUR_MS);
  now = later(start, HOUR_MS + 4_000);
  assert.deepEqual((await verifier.verify(token))?.actor, ann, 'machines may disagree by a few seconds');
  now = later(start, HOUR_MS + 10_000);
  assert.equal(await verifier.verify(token), undefined);
  now = start;
});

test('a token is judged at the moment that is told, whatever the clock says by then', async () => {
  const { token } = await issuer.issue(ann, HOUR_MS);
  now = later(start, 10 * HOUR_MS);
  assert.equal(await verifier.verify(token), undefined);
  assert.deepEqual((await verifier.verify(token, later(start, HOUR_MS - 1)))?.actor, ann);
  assert.equal(await verifier.verify(token, later(start, HOUR_MS + 10_000)), undefined);
  now = start;
  const begins = await signed({}, (jwt) => jwt.setNotBefore(Date.parse(start) / 1000 + 30));
  assert.equal(await verifier.verify(begins, later(start, 20_000)), undefined);
  assert.equal((await verifier.verify(begins, later(start, 40_000)))?.actor.id, 'ann');
});

test('what our key signs is still only taken for what a token may say', async () => {
  assert.notEqual(await verifier.verify(await signed({})), undefined, 'the rest of this test rests on this');
  for (const claims of [
    { roles: ['system'] },
    { roles: ['bidder', 'system'] },
    { roles: 'bidder' },
    { roles: ['emperor'] },
    { reputation: 1.5 },
    { reputation: '7' },
    { sub: 'ann:USD' },
    { sub: 'system.settlement' },
    { sub: 'system.webhook.simulated', roles: ['admin'] },
    { sub: '' },
    { sub: undefined },
    { exp: 1e15 },
    { iat: 1e15 },
  ])
    assert.equal(await verifier.verify(await signed(claims)), undefined, JSON.stringify(claims));
});

test('Ed25519 is taken by both of its names, and by no other', async () => {
  const secret = createPrivateKey({ key: { ...key }, format: 'jwk' });
  const [, payload] = (await signed({})).split('.');
  /** The right signature by the right key, under a name. */
  function named(alg: string): string {
    const said = `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.${payload}`;
    return `${said}.${sign(null, Buffer.from(said), secret).toString('base64url')}`;
  }
  for (const alg of ['EdDSA', 'Ed25519'])
    assert.equal((await verifier.verify(named(alg)))?.actor.id, 'ann', alg);
  for (const alg of ['ed25519', 'EDDSA', 'Ed448', 'ES256', 'HS256', 'none', ''])
    assert.equal(await verifier.verify(named(alg)), undefined, alg);
});

test('a token for somebody else, from somebody else, or without an end is refused', async () => {
  for (const change of [
    (jwt: SignJWT) => jwt.setAudience('other'),
    (jwt: SignJWT) => jwt.setIssuer('other'),
    (jwt: SignJWT) => jwt.setNotBefore(Date.parse(start) / 1000 + 30),
  ])
    assert.equal(await verifier.verify(await signed({}, change)), undefined);
  const endless = new SignJWT({ sub: 'ann', roles: [] }).setProtectedHeader({ alg: 'EdDSA' });
  endless.setIssuer('annals').setAudience('annals');
  assert.equal(await verifier.verify(await endless.sign(await importJWK(key, 'EdDSA'))), undefined);
});

test('forgeries are refused: another key, no signature, our public key as a shared secret, a changed claim', async () => {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const stranger = await joseIssuer({ ...options, key: await exportJWK(privateKey) });
  const forged = (await stranger.issue(ann, HOUR_MS)).token;
  const claims = { sub: 'ann', roles: ['admin'], iss: 'annals', aud: 'annals', exp: 4_000_000_000 };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'none' })}.${part(claims)}.`;
  const confused = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(String(key.x), 'base64url'));
  const [header, , signature] = (await issuer.issue(ann, HOUR_MS)).token.split('.');
  const changed = `${header}.${part(claims)}.${signature}`;
  for (const token of [forged, unsigned, confused, changed, '', 'a.b.c', 'x'.repeat(5_000)])
    assert.equal(await verifier.verify(token), undefined, token.slice(0, 80));
});

test('a key of another kind is refused at the start', async () => {
  const secret: JWK = await exportJWK(await generateSecret('HS256', { extractable: true }));
  await assert.rejects(joseVerifier({ ...options, key: secret }));
});
