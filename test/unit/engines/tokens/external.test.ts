import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { httpLimits } from '#compose/http/limits.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { MAX_TOKEN_CHARACTERS } from '#engines/tokens/claims.ts';
import { externalVerifier } from '#engines/tokens/external.ts';
import { externalSubject } from '#engines/tokens/subject.ts';
import { readLimits } from '#read-api/limits.ts';
import { RECORD_BYTES } from '#write-side/bus/envelope.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';

// Tokens as Auth0 and Keycloak make them.

interface Said {
  readonly alg?: string;
  readonly typ?: string;
  readonly kid?: string | undefined;
}
type Claims = Readonly<Record<string, unknown>>;

const START = '2026-03-01T12:00:00.000Z';
const clock = simulatedClock({ start: START });
const issuer = 'https://house.eu.auth0.example/';
let privateKey: CryptoKey;
let shown: object;
const besides: object[] = [];
let isUp = true;
const server = createServer((_request, response) => {
  if (!isUp) return void response.writeHead(500).end();
  response.end(JSON.stringify({ keys: [shown, ...besides] }));
});
before(async () => {
  const pair = await generateKeyPair('RS256');
  privateKey = pair.privateKey;
  shown = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => server.close());

function given(rolesClaim = 'roles', of = issuer) {
  const refused: string[] = [];
  const unreachable: string[] = [];
  const unverifiable: string[] = [];
  const roleless: string[] = [];
  const verifier = externalVerifier({
    ...{ issuer: of, audience: 'annals', rolesClaim, clock, machineClock: clock },
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`,
    troubles: {
      refused: (why) => refused.push(why),
      unreachable: (why) => unreachable.push(why),
      unverifiable: (why) => unverifiable.push(why),
      roleless: (why) => roleless.push(why),
    },
  });
  const asks = async (claims: Claims, by = privateKey) =>
    (await verifier.verify(await signed({ iss: of, ...claims }, by)))?.actor;
  const asksBy = async (token: Promise<string>) => (await verifier.verify(await token))?.actor;
  return { refused, unreachable, unverifiable, roleless, verifier, asks, asksBy };
}

const nowS = Date.parse(START) / 1_000;
const signed = (claims: Claims, by = privateKey, header: Said = {}): Promise<string> =>
  new SignJWT({
    ...{ sub: 'ann', aud: ['annals', `${issuer}userinfo`], iat: nowS, exp: nowS + 86_400, roles: ['bidder'] },
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'k1', ...header } as JWTHeaderParameters)
    .sign(by);

test('whoever their issuer names as it likes has an id here: the same each time, and nobody else’s', async () => {
  const { asks } = given();
  const named = [
    ...[
      'auth0|5f7c8ec7c33c6c004bbafe82',
      'google-oauth2|115577',
      'robot@clients',
      '_x4AAAA',
      '-',
      ' ',
      'ann ',
      'Ω',
    ],
    ...['f:6b1b9d0e-7a53-4f0b-9a63-0c3e1c6cbb6d:ann', 'x'.repeat(65), 'x'.repeat(255)],
    // Ids of our own making.
    ...['system', 'system.settlement', 'client.books', 'external', externalSubject(issuer, 'auth0|1')],
  ];
  const ids = new Set<string>();
  for (const sub of named) {
    const actor = await asks({ sub });
    assert.match(actor?.id ?? sub, /^external\.[A-Za-z0-9_-]{43}$/, sub);
    assert.equal(actor?.id, externalSubject(issuer, sub));
    assert.deepEqual(actor?.roles, ['bidder']);
    ids.add(PersonId.parse(actor?.id));
  }
  assert.equal(ids.size, named.length);
  const others = 'https://elsewhere.example/';
  assert.notEqual((await given('roles', others).asks({ sub: 'a|b' }))?.id, externalSubject(issuer, 'a|b'));
  // The end of the one is not the beginning of the other.
  assert.notEqual(externalSubject(`${issuer}9:`, '|'), externalSubject(issuer, '9:|'));
  assert.equal(
    externalSubject(issuer, 'auth0|1'),
    'external.Kd_ZokBcgBUxPYx02KS8P_yT3w0Uf_v-lk5gr04nEfU',
    'what it is made of is for ever: people have money under it',
  );
});

test('whoever is named by what is an id keeps it', async () => {
  const { asks } = given();
  for (const sub of ['ann', '0195c2f0-7a53-7f0b-9a63-0c3e1c6cbb6d', 'systemic', 'clients.x', 'x'.repeat(64)])
    assert.equal((await asks({ sub }))?.id, sub);
  const [books, ines] = [await asks({ sub: 'client.books', keepers: ['a|b', 'ines'] }), 'ines'];
  assert.deepEqual(
    books?.keepers,
    [externalSubject(issuer, 'a|b'), ines],
    'who keeps a system is a person too',
  );
});

test('roles stand under a name with dots in it, or at a path', async () => {
  const name = 'https://annals.example/roles';
  assert.deepEqual((await given(name).asks({ [name]: ['seller', 'boss'] }))?.roles, ['seller']);
  const realm = given('realm_access.roles');
  assert.deepEqual((await realm.asks({ realm_access: { roles: ['seller'] } }))?.roles, ['seller']);
  assert.deepEqual((await realm.asks({}))?.roles, []);
});

test('roles are a list, a text with spaces, or an object with a key for each, as issuers write them', async () => {
  const { asks, roleless } = given('resource_access.my.app.roles');
  const at = (roles: unknown) => asks({ resource_access: { my: { else: 1 }, 'my.app': { roles } } });
  for (const roles of [['seller', 7], 'boss seller', { seller: { '123': 'house.example' }, bidder: false }])
    assert.deepEqual((await at(roles))?.roles, ['seller'], JSON.stringify(roles));
  assert.deepEqual(roleless, []);
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual((await at(7))?.roles, []);
    assert.deepEqual((await asks({}))?.roles, []);
  }
  assert.equal(roleless.length, 2, 'each is told once');
  assert.match(roleless.join(), /^resource_access\.my\.app\.roles: neither .*roles: missing$/);
});

test('an access token may have the nonce of its sign-in, where it says what it is', async () => {
  const { asksBy, refused } = given();
  const by = (typ: string, claims: Claims = {}) =>
    asksBy(signed({ iss: issuer, nonce: 'n', ...claims }, privateKey, { typ }));
  assert.ok(await by('JWT', { typ: 'Bearer' }), 'as Keycloak has it');
  assert.ok(await by('at+jwt'));
  assert.ok(await by('application/at+jwt'));
  assert.deepEqual(refused, []);
  assert.equal(await by('JWT'), undefined);
  assert.equal(await by('JWT', { typ: 'Bearer', at_hash: 'h' }), undefined);
  assert.match(refused.join(), /ID token.*ID token/);
});

test('tokens by other signatures of theirs are taken, and by a key that is not named', async () => {
  for (const alg of ['ES384', 'RS384', 'RS512', 'PS512', 'ES512']) {
    const pair = await generateKeyPair(alg);
    besides.splice(0, 9, { ...(await exportJWK(pair.publicKey)), kid: alg, alg });
    const { asksBy } = given();
    assert.ok(await asksBy(signed({ iss: issuer }, pair.privateKey, { alg, kid: alg })), alg);
    assert.ok(await asksBy(signed({ iss: issuer }, pair.privateKey, { alg, kid: undefined })), alg);
  }
  const second = await generateKeyPair('RS256');
  besides.splice(0, 9, { ...(await exportJWK(second.publicKey)), kid: 'k2', alg: 'RS256' });
  const { asksBy, refused } = given();
  for (const key of [privateKey, second.privateKey])
    assert.ok(await asksBy(signed({ iss: issuer }, key, { kid: undefined })), 'either could be meant');
  const stranger = await generateKeyPair('RS256');
  assert.equal(await asksBy(signed({ iss: issuer }, stranger.privateKey, { kid: undefined })), undefined);
  const late = signed({ iss: issuer, aud: 'account' }, second.privateKey, { kid: undefined });
  assert.equal(await asksBy(late), undefined);
  assert.match(refused.join(), /"aud"/);
  besides.splice(0, 9);
});

test('what nobody here can verify is told, where it says that it is of the issuer, and nothing that its sender likes', async () => {
  const { asksBy, unverifiable } = given();
  const secret = new Uint8Array(32) as unknown as CryptoKey;
  const as = (header: Said, iss = issuer) =>
    signed({ iss }, header.alg === 'HS256' ? secret : privateKey, header);
  for (const [token, says] of [
    [as({ alg: 'HS256' }), /^alg: HS256 /],
    [as({ typ: 'logout+jwt' }), /^typ: none/],
    [as({ kid: 'gone' }), /^kid: no key/],
  ] as const) {
    assert.equal(await asksBy(token), undefined);
    assert.match(unverifiable.pop() ?? '', says);
  }
  const [, ...rest] = (await as({})).split('.');
  const made = Buffer.from('{"alg":"Mallory\\n","kid":"k1"}').toString('base64url');
  assert.equal(await asksBy(Promise.resolve([made, ...rest].join('.'))), undefined);
  assert.deepEqual(unverifiable, ['alg: another is not taken']);
  assert.equal(await asksBy(as({ alg: 'HS256' }, 'https://elsewhere.example/')), undefined);
  assert.equal(unverifiable.length, 1);
});

test('a claim of theirs that means something else here is left out, and lets nobody wait outside', async () => {
  const { verifier, refused } = given();
  const claims = { auth_time: null, sid: '', jti: 'x'.repeat(300), acr: 1, reputation: 'good' };
  const identity = await verifier.verify(await signed({ iss: issuer, ...claims }));
  assert.equal(identity?.actor.reputation, 0);
  assert.deepEqual(Object.keys(identity?.token ?? {}), ['issuedAt']);
  assert.equal(identity?.steppedUp, false);
  assert.deepEqual(refused, []);
});

test('roles of others make a token long, and are passed over', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => `application-role-${at}`);
  const { verifier, asks } = given();
  assert.deepEqual((await asks({ roles: [...many(350), 'bidder'] }))?.roles, ['bidder']);
  const tooLong = await signed({ iss: issuer, roles: many(500) });
  assert.ok(tooLong.length > MAX_TOKEN_CHARACTERS);
  assert.equal(await verifier.verify(tooLong), undefined);
  for (const most of [httpLimits.headerBytes, readLimits.greetingBytes, RECORD_BYTES - BODY_BYTES])
    assert.ok(MAX_TOKEN_CHARACTERS <= most - 4 * 1_024, 'the longest comes in by every way');
});

test('why a token of the issuer is refused is told, and nothing that stands in it', async () => {
  const { asks, refused } = given();
  const reasons: readonly (readonly [claims: Claims, says: RegExp])[] = [
    [{ aud: 'account' }, /"aud"/],
    [{ iss: issuer.slice(0, -1) }, /"iss"/],
    [{ iss: 'http://keycloak:8080/' }, /"iss"/],
    [{ sub: undefined }, /"sub"/],
    [{ at_hash: 'h' }, /ID token/],
    [{ nonce: 'n', typ: 'ID' }, /ID token/],
    [{ sub: 'x'.repeat(256) }, /^sub: /],
    [{ sub: '\ud800' }, /^sub: /],
    [{ sub: '' }, /^sub: /],
    [{ keepers: 'Mallory' }, /^keepers: /],
  ];
  for (const [claims, says] of reasons) {
    assert.equal(await asks(claims), undefined, JSON.stringify(claims));
    assert.match(refused.pop() ?? '', says);
    assert.equal(refused.length, 0);
  }
  assert.equal(await asks({ exp: nowS - 60 }), undefined);
  const stranger = await generateKeyPair('RS256');
  assert.equal(await asks({ sub: '' }, stranger.privateKey), undefined);
  assert.deepEqual(refused, [], 'every token ends, and whoever likes makes one by another key');
});

test('that the keys are not to be had is told', async () => {
  isUp = false;
  const { asks, unreachable, refused } = given();
  assert.equal(await asks({}), undefined);
  isUp = true;
  assert.deepEqual([unreachable, refused], [['answered 500'], []]);
});
