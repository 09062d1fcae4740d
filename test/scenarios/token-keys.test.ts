import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodeProtectedHeader, importJWK, type JWTPayload, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { systemClock } from '#engines/clock/system.ts';
import { joseIssuer, namedKey, newSigningKey } from '#engines/tokens/jose.ts';
import { readKeys } from '#engines/tokens/key-file.ts';
import { rotateKeys } from '#engines/tokens/rotation.ts';
import { accountOperations } from '#write-side/accounts/http/operations.ts';
import { dataFolder } from '../support/booted.ts';
import { JSON_TYPE } from '../support/customer.ts';
import { startHere } from '../support/embedded.ts';
import { askingNobody } from '../support/sign-on.ts';
import { until } from '../support/until.ts';

// What is taken as a token: of a provider of our own, through a change of its keys; and of one that is somebody else's.

const clock = systemClock();
const nowS = () => Math.floor(millisecondsOf(clock.now()) / 1_000);
const people = askingNobody();
const keyFile = join(await dataFolder(), 'keys.json');
const key = await namedKey(await newSigningKey());
await writeFile(keyFile, JSON.stringify(key));
const ours = await startHere({ TOKEN_KEY_FILE: keyFile }, undefined, {}, { accountPages: people.pages });
const issuer = `${ours.url}/oidc`;
const registration = { grantTypes: ['client_credentials'], roles: ['clerk'] };
const secret = await people.client('robot', registration);
const robot = await oidc.discovery(new URL(issuer), 'robot', secret, undefined, {
  execute: [oidc.allowInsecureRequests],
});
/** A system has no wallet: refused is the command, not the token. */
const IN = 'the token is taken';
const tokenOf = async () => (await oidc.clientCredentialsGrant(robot)).access_token;

async function asks(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/commands/wallets/open-wallet`, {
    method: 'POST',
    headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    body: '{"currency":"USD"}',
  });
  await response.body?.cancel();
  return response.status;
}

const good = (): JWTPayload => ({
  ...{ sub: 'ann', roles: ['bidder'], iss: issuer, aud: 'annals', client_id: 'robot' },
  ...{ iat: nowS(), exp: nowS() + 60 },
});
async function signed(claims: JWTPayload, header: object = {}, by: typeof key = key): Promise<string> {
  const jwt = new SignJWT({ ...good(), ...claims });
  jwt.setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'at+jwt', ...header });
  return jwt.sign(await importJWK(by, 'EdDSA'));
}

test('what is forged is no token', async () => {
  assert.equal(await asks(ours.url, await signed({})), 200, 'the rest of this test rests on this');
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'none', typ: 'at+jwt', kid: key.kid })}.${part(good())}.`;
  const said = `${part({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })}.${part(good())}`;
  const { d: _, ...published } = key;
  const confused = [String(key.x), JSON.stringify(published)].map(
    (shared) => `${said}.${createHmac('sha256', shared).update(said).digest('base64url')}`,
  );
  const another = await namedKey(await newSigningKey());
  for (const token of [
    unsigned,
    ...confused,
    await signed({ aud: 'another' }),
    await signed({ iss: `${issuer}/` }),
    await signed({ exp: nowS() - 60 }),
    await signed({ roles: ['system'] }),
    await signed({}, { kid: another.kid }),
    await signed({}, { kid: undefined }),
    await signed({}, { typ: 'JWT' }),
    await signed({}, { typ: undefined }),
    await signed({}, { typ: 'logout+jwt' }),
    await signed({}, {}, another),
    await signed({}, { kid: another.kid }, another),
  ])
    assert.equal(await asks(ours.url, token), 401, token);
});

async function shown() {
  const response = await fetch(`${issuer}/jwks`);
  const { keys: all } = (await response.json()) as { keys: { kid: string; kty: string }[] };
  const keys = all.filter(({ kty }) => kty === 'OKP');
  return { keys, rsa: all.filter(({ kty }) => kty === 'RSA'), cached: response.headers.get('cache-control') };
}
const kidsOf = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid);
const signerNow = async () => decodeProtectedHeader(await tokenOf()).kid;

/** As if a rotation had been so long ago that its key signs. */
async function waited(): Promise<void> {
  const { keys } = JSON.parse(await readFile(keyFile, 'utf8')) as { keys: { signsFrom?: number }[] };
  const past = keys.map((of) => ({ ...of, ...(of.signsFrom !== undefined && { signsFrom: nowS() - 1 }) }));
  await writeFile(keyFile, JSON.stringify({ keys: past }));
}

async function registers(client: string): Promise<unknown> {
  const made = await fetch(`${ours.url}/dev/tokens`, {
    ...{ method: 'POST', headers: JSON_TYPE, body: '{"sub":"root","roles":["admin"]}' },
  });
  const { token } = (await made.json()) as { token: string };
  const response = await fetch(`${ours.url}/accounts/clients`, {
    ...{ method: 'POST', headers: { ...JSON_TYPE, authorization: `Bearer ${token}` } },
    body: JSON.stringify({
      ...{ client, name: 'A wiki', grantTypes: ['authorization_code'], redirectUris: [] },
      ...{ confidential: true, idTokenSignedResponseAlg: 'RS256' },
    }),
  });
  return [response.status, ((await response.json()) as { code?: string }).code];
}

test('another key is shown first, then signs, and tokens of the one before are taken until they end', async () => {
  assert.deepEqual(await registers('early'), [400, 'invalid'], 'the file is not ours to write');
  const before = await tokenOf();
  assert.equal(decodeProtectedHeader(before).kid, key.kid);
  const { signs, next, rs256, ...rest } = await rotateKeys(keyFile, nowS());
  assert.deepEqual([signs, rest], [key.kid, { verify: [], dropped: [] }]);
  const kid = next?.kid ?? '';
  const { keys, rsa, cached } = await until(async () => {
    const now = await shown();
    return now.keys.length === 2 && now;
  }, 'the new key is shown');
  assert.deepEqual([kidsOf(keys), cached], [[key.kid, kid], 'public, max-age=300']);
  for (const each of keys)
    assert.deepEqual(Object.keys(each).sort(), ['crv', 'kid', 'kty', 'use', 'x'], 'its public half alone');
  assert.deepEqual(kidsOf(rsa), [rs256.signs], 'ID tokens may be signed by RS256 from now on');
  for (const each of rsa) assert.deepEqual(Object.keys(each).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  assert.deepEqual(await registers('wiki'), [201, undefined]);
  const copy = join(await dataFolder(), 'shown.json');
  await writeFile(copy, JSON.stringify({ keys: [...keys, ...rsa] }));
  assert.equal((await readKeys(copy)).length, 3, 'whoever only verifies keeps what is shown');
  assert.equal(await signerNow(), key.kid, 'that is not known to everybody yet');
  await waited();
  const fresh = await until(async () => {
    const token = await tokenOf();
    return decodeProtectedHeader(token).kid === kid && token;
  }, 'the new key signs');
  for (const token of [before, fresh]) assert.equal(await asks(ours.url, token), 403, IN);
  const development = await fetch(`${ours.url}/dev/tokens`, {
    ...{ method: 'POST', headers: JSON_TYPE, body: '{"sub":"ann","roles":["bidder"]}' },
  });
  const made = ((await development.json()) as { token: string }).token;
  assert.equal(decodeProtectedHeader(made).kid, kid, 'those of development are signed by it, too');
  assert.deepEqual(kidsOf((await shown()).keys), [kid, key.kid]);
});

test('where keys were stolen, nothing that they have signed is taken any more, though it was a moment ago', async () => {
  const forged = await signed({ exp: nowS() + 80_000 });
  const stolen = await tokenOf();
  for (const token of [forged, stolen]) assert.notEqual(await asks(ours.url, token), 401, 'it is taken');
  const { signs } = await rotateKeys(keyFile, nowS(), true);
  await until(async () => (await asks(ours.url, forged)) === 401, 'what the thief has signed is refused');
  assert.equal(await asks(ours.url, stolen), 401);
  assert.equal(await signerNow(), signs);
  assert.deepEqual(kidsOf((await shown()).keys), [signs]);
  assert.equal(await asks(ours.url, await tokenOf()), 403, IN);
});

test('an issuer elsewhere takes the place of ours by its issuer, its audience and its keys', async () => {
  const theirs = await startHere({
    ...{ TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: 'annals', TOKEN_JWKS_URL: `${issuer}/jwks` },
    DEV_TOKENS: 'false',
  });
  const token = await tokenOf();
  assert.equal(await asks(theirs.url, token), 403, IN);
  assert.equal(await asks(theirs.url, `${token.slice(0, -4)}AAAA`), 401);
  const development = await joseIssuer({ key, issuer: 'annals', audience: 'annals', clock });
  const made = await development.issue({ id: 'ann', roles: ['bidder'], reputation: 0 }, 60_000);
  assert.equal(await asks(theirs.url, made.token), 401);
  for (const path of ['/oidc/.well-known/openid-configuration', '/oidc/jwks', '/oidc/auth'])
    assert.equal((await fetch(`${theirs.url}${path}`)).status, 404, path);

  // Nobody could come in by a password of ours: who asks for one is told where accounts are.
  const ask = async (path: string, method: string) => {
    const response = await fetch(`${theirs.url}${path}`, {
      ...{ method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
      ...(method !== 'GET' && { body: '{}' }),
    });
    const { code, details } = (await response.json()) as { code: string; details: object };
    return [response.status, code, details];
  };
  for (const { method, path } of accountOperations)
    if (method !== 'get')
      assert.deepEqual(await ask(path, method.toUpperCase()), [404, 'signed_in_elsewhere', { issuer }], path);
  assert.deepEqual(await ask('/accounts/me', 'GET'), [404, 'account_unknown', {}]);
  assert.equal((await ask('/accounts/me/export', 'GET'))[1], 'step_up_required');
  for (const path of ['/account', '/account/register', '/account/verify?token=x', '/sign-in/x']) {
    const page = await fetch(`${theirs.url}${path}`, { headers: { 'accept-language': 'fr' } });
    assert.equal(page.status, 404, path);
    assert.match(await page.text(), new RegExp(`Les comptes sont tenus ailleurs.*${issuer}`, 's'), path);
  }
});

test('roles stand where the issuer has them, and those that we do not know are passed over', async () => {
  const foreign = await namedKey(await newSigningKey());
  const { d: _, ...shown } = foreign;
  let isUp = true;
  const keys = createServer((_request, response) => {
    if (isUp) response.end(JSON.stringify({ keys: [{ ...shown, alg: 'EdDSA' }] }));
    else response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  after(() => keys.close());
  const realm = 'https://id.example/realms/house';
  const lines: string[] = [];
  const { url } = await startHere(
    {
      ...{ TOKEN_ISSUER: realm, TOKEN_AUDIENCE: 'annals', TOKEN_ROLES_CLAIM: 'realm_access.roles' },
      TOKEN_JWKS_URL: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/certs`,
      DEV_TOKENS: 'false',
    },
    { level: 'warn', write: (line) => lines.push(line) },
  );
  const of = (claims: JWTPayload, header: object = {}) =>
    signed({ iss: realm, roles: undefined, ...claims }, { kid: foreign.kid, typ: 'JWT', ...header }, foreign);
  const roles = (...names: string[]) => ({ realm_access: { roles: names } });
  assert.equal(await asks(url, await of(roles('bidder', 'offline_access', 'system'))), 200);
  const many = Array.from({ length: 350 }, (_, at) => `application-role-${at}`);
  const long = await of({ ...roles('bidder', ...many), sub: 'f:6b1b9d0e:ann' });
  assert.ok(long.length > 10_000);
  assert.equal(await asks(url, long), 200, 'a request has room for it');
  isUp = false;
  assert.equal(
    await asks(url, await of({ ...roles('bidder'), sub: 'bob' })),
    200,
    'its keys outlive it for a while',
  );
  assert.equal(await asks(url, await of(roles('offline_access', 'system'))), 403);
  assert.equal(await asks(url, await of({ roles: ['bidder'] })), 403, 'what stands elsewhere is none');
  for (const [claims, header] of [
    [{ ...roles('bidder'), nonce: 'n' }, {}],
    [{ ...roles('bidder'), typ: 'ID' }, {}],
    [roles('bidder'), { typ: 'logout+jwt' }],
    [{ ...roles('bidder'), iss: issuer }, {}],
    [{ ...roles('bidder'), aud: 'account' }, {}],
  ] as const)
    assert.equal(await asks(url, await of(claims, header)), 401, JSON.stringify([claims, header]));
  const told = () =>
    lines.flatMap((line) => {
      const { msg, reason } = JSON.parse(line) as { msg: string; reason?: string };
      return msg.startsWith('a token is refused') && reason !== undefined ? [reason] : [];
    });
  assert.equal(told().length, 3, 'an ID token twice, another issuer, another audience');
  for (let times = 0; times < 3; times++)
    assert.equal(await asks(url, await of({ exp: nowS() + 90_000 })), 401);
  assert.deepEqual(
    told().slice(3),
    ['exp: more than 24 hours after iat'],
    'once for all that come within a minute',
  );
});
