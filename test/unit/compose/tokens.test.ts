import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { rotateTokenKeys, tokensOf } from '#compose/tokens.ts';
import { readConfig } from '#config';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { TokenRole } from '#domain/kernel/ports/tokens.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { joseIssuer } from '#engines/tokens/jose.ts';
import { readKeys } from '#engines/tokens/key-file.ts';
import { dataFolder } from '#test/support/booted.ts';

// How long a process takes tokens whose key is gone, where it has seen them before.

const MINUTE_MS = 60_000;
const ISSUER = 'https://house.example/';
let shown: readonly JWK[] = [];
const server = createServer((_request, response) => void response.end(JSON.stringify({ keys: shown })));
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => server.close());

async function keyOf(kid: string): Promise<{ readonly privateKey: CryptoKey; readonly shown: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { privateKey, shown: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
}

for (const besides of ['0', '1'])
  test(`a token of another issuer is taken for ten minutes behind the end of its key, with DEV_TOKENS=${besides}`, async () => {
    const config = readConfig({
      ...{ NODE_ENV: 'development', DATA_DIR: await dataFolder(), DEV_TOKENS: besides },
      TOKEN_ISSUER: ISSUER,
      TOKEN_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`,
    });
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const pass = (ms: number) => clock.advanceTo(later(clock.now(), ms));
    const { tokens, issuer } = await tokensOf(config, clock);
    const [stolen, next] = [await keyOf('k1'), await keyOf('k2')];
    const signed = (kid: string, privateKey: CryptoKey) =>
      new SignJWT({ roles: ['bidder'] })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setSubject('ann')
        .setIssuer(ISSUER)
        .setAudience(config.tokens.audience)
        .setIssuedAt(millisecondsOf(clock.now()) / 1_000)
        .setExpirationTime(millisecondsOf(clock.now()) / 1_000 + 3_600)
        .sign(privateKey);
    const [old, young] = [await signed('k1', stolen.privateKey), await signed('k2', next.privateKey)];
    const takes = async (token: string) => (await tokens.verify(token)) !== undefined;

    shown = [stolen.shown, next.shown];
    for (const token of [old, young, old]) assert.ok(await takes(token));
    // In another order they are the same.
    shown = [next.shown, stolen.shown];
    pass(10 * MINUTE_MS);
    for (const _ of ['asked for', 'remembered']) assert.ok(await takes(old));
    shown = [next.shown];
    pass(10 * MINUTE_MS - 1);
    assert.ok(await takes(old));
    pass(1);
    assert.deepEqual([await takes(old), await takes(young), await takes(old)], [false, true, false]);
    if (issuer === undefined) return;
    const { token: ours } = await issuer.issue({ id: 'bea', roles: ['bidder'], reputation: 0 }, MINUTE_MS);
    assert.deepEqual([await takes(ours), await takes(young)], [true, true]);
  });

test('whoever is in by a key that is taken away as a stolen one is told, and nobody else', async () => {
  const DATA_DIR = await dataFolder();
  const config = readConfig({ NODE_ENV: 'development', DATA_DIR, TOKEN_ISSUER: ISSUER });
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const { tokens, tokenKeys, revocations } = await tokensOf(config, clock);
  assert.ok(tokenKeys);
  const { audience } = config.tokens;
  async function signedIn(id: string) {
    const [key] = await readKeys(join(DATA_DIR, 'token-key.json'));
    assert.ok(key);
    const issuer = await joseIssuer({ key, issuer: ISSUER, audience, clock });
    const roles: TokenRole[] = ['bidder'];
    const { token } = await issuer.issue({ id, roles, reputation: 0 }, 5 * MINUTE_MS);
    const identity = await tokens.verify(token);
    assert.ok(identity, id);
    let ended = 0;
    const end = () => {
      ended += 1;
    };
    return { token, isOut: () => ended > 0, unwatch: revocations.watch(identity, end) };
  }
  const ann = await signedIn('ann');
  await rotateTokenKeys(config, false);
  await tokenKeys.look();
  assert.equal(ann.isOut(), false, 'a key that retires verifies on');
  await rotateTokenKeys(config, true);
  await tokenKeys.look();
  assert.ok(ann.isOut());
  assert.equal(await tokens.verify(ann.token), undefined);
  const bea = await signedIn('bea');
  await tokenKeys.look();
  assert.equal(bea.isOut(), false);
  bea.unwatch();
});
