import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { importJWK, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { instant, millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newSigningKey } from '#engines/tokens/jose.ts';
import { dataFolder } from '../support/booted.ts';
import { exchange, JSON_TYPE } from '../support/customer.ts';
import { startHere } from '../support/embedded.ts';

// A feed ends within five seconds of its token, be it that the token's time is over or that it was revoked; and no request is answered
// by it from then on.

const PROMISED_MS = 5_000;
const HOUR_MS = 3_600_000;
/** Requests that are under way together. */
const AT_ONCE = 16;
const clock = systemClock();
const nowMs = () => millisecondsOf(clock.now());

const key = await newSigningKey();
const keyFile = join(await dataFolder(), 'key.json');
await writeFile(keyFile, JSON.stringify(key));
const platform = await startHere({ TOKEN_KEY_FILE: keyFile });
const url = `${platform.url}/graphql`;
const until = () => instant(nowMs() + HOUR_MS);

async function tokenOf(person: string, endsMs: number, names: Readonly<Record<string, unknown>> = {}) {
  const jwt = new SignJWT({ roles: ['bidder'], ...names })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(person)
    .setIssuer('annals')
    .setAudience('annals')
    .setIssuedAt(Math.floor(nowMs() / 1000))
    .setExpirationTime(Math.ceil(endsMs / 1000));
  return jwt.sign(await importJWK(key, 'EdDSA'));
}

const query = 'subscription { walletFeed { position } }';
/** How a feed has ended: the code of its last answer, and when. */
interface Ended {
  readonly code: unknown;
  readonly atMs: number;
}
type Follow = (token: string) => {
  readonly client: { ask(query: string): Promise<string> };
  readonly ended: Promise<Ended>;
};

const clients: { dispose(): unknown }[] = [];
after(() => Promise.all(clients.map((client) => client.dispose())));

const bySocket: Follow = (token) => {
  const client = createClient({
    ...{ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization: `Bearer ${token}` },
  });
  clients.push(client);
  async function follow(): Promise<Ended> {
    let code: unknown;
    for await (const { errors } of client.iterate({ query })) code = errors?.[0]?.extensions?.code ?? code;
    return { code, atMs: nowMs() };
  }
  const ask = async (text: string) => {
    const answers = client.iterate({ query: text });
    return JSON.stringify(await answers.next().catch((errors: unknown) => errors));
  };
  return { client: { ask }, ended: follow() };
};

const bySse: Follow = (token) => {
  const authorization = `Bearer ${token}`;
  const post = (text: string, accept: string) =>
    fetch(url, {
      method: 'POST',
      headers: { ...JSON_TYPE, accept, authorization },
      body: JSON.stringify({ query: text }),
    });
  async function follow(): Promise<Ended> {
    const text = await (await post(query, 'text/event-stream')).text();
    const [, code] = /"code":"(\w+)"[^\n]*\n+event: complete/.exec(text) ?? [];
    return { code, atMs: nowMs() };
  }
  const ask = async (text: string) => {
    const response = await post(text, 'application/json');
    return `${response.status} ${await response.text()}`;
  };
  return { client: { ask }, ended: follow() };
};

const ways = [
  ['a socket', bySocket],
  ['SSE', bySse],
] as const;

for (const [way, follow] of ways)
  test(`over ${way} a feed ends with the time of its token`, async () => {
    const endsMs = nowMs() + 1_500;
    const { client, ended } = follow(await tokenOf('ann', endsMs));
    assert.match(await client.ask('{ wallets { edges { cursor } } }'), /"edges"/);
    const { code, atMs } = await ended;
    assert.equal(code, 'unauthenticated');
    assert.ok(atMs >= endsMs && atMs - Math.ceil(endsMs / 1000) * 1000 < PROMISED_MS);
  });

const revoked = [
  ['itself', (id: string) => ({ token: `token-${id}` })],
  ['its session', (id: string) => ({ session: `session-${id}` })],
  ['its person', (id: string) => ({ person: id })],
] as const;
for (const [way, follow] of ways)
  for (const [what, name] of revoked)
    test(`over ${way} a feed ends when its token is revoked by ${what}, and nothing is answered by it`, async () => {
      const id = `${way === 'SSE' ? 'sse' : 'socket'}-${what.replaceAll(' ', '-')}`;
      const given = (person: string) =>
        tokenOf(person, nowMs() + HOUR_MS, { jti: `token-${person}`, sid: `session-${person}` });
      const token = await given(id);
      const mine = follow(token);
      const another = follow(await given(`other-${id}`));
      for (const { client } of [mine, another])
        assert.match(await client.ask('{ wallets { edges { cursor } } }'), /"edges"/);
      const atMs = nowMs();
      platform.revocations.revoke(name(id), until());
      const ended = await mine.ended;
      assert.equal(ended.code, 'unauthenticated');
      assert.ok(ended.atMs - atMs < PROMISED_MS);
      assert.match(await mine.client.ask('{ now }'), /unauthenticated/);
      assert.match(await mine.client.ask(query), /unauthenticated/);
      const command = await fetch(`${platform.url}/commands/wallets/open-wallet`, {
        method: 'POST',
        headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
        body: '{"currency":"USD"}',
      });
      assert.equal(command.status, 401);
      assert.match(command.headers.get('www-authenticate') ?? '', /invalid_token/);
      // Whoever has nothing to do with it goes on.
      assert.match(await another.client.ask('{ wallets { edges { cursor } } }'), /"edges"/);
      assert.equal(await Promise.race([another.ended, pause(50, 'goes on')]), 'goes on');
      platform.revocations.revoke({ person: `other-${id}` }, until());
      await another.ended;
    });

/** As far as it matters here: which operations want a token, and which of them a body. */
interface Described {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly security?: readonly object[]; readonly requestBody?: object }>>
    >
  >;
}

/** Everything that is asked for by a token and a body. */
async function withBodies(): Promise<readonly (readonly [method: string, path: string])[]> {
  const answer = await fetch(`${platform.url}/openapi.json`);
  const { paths } = (await answer.json()) as Described;
  assert.ok(paths['/accounts/clients'] !== undefined, 'what is asked of systems is described');
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(
        ([, { security = [], requestBody }]) =>
          requestBody !== undefined && security.some((each) => 'bearer' in each),
      )
      .map(([method]) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x')] as const),
  );
}

/** Begins a request, and its body with it. The result sends the rest and tells how it is answered. */
async function begun(method: string, path: string, person: string): Promise<() => Promise<number>> {
  const token = await tokenOf(person, nowMs() + HOUR_MS, { roles: ['admin', 'bidder'], acr: STEPPED_UP });
  const headers = { ...JSON_TYPE, authorization: `Bearer ${token}`, 'content-length': 2 };
  const asked = request(`${platform.url}${path}`, { method, headers });
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  await new Promise((sent) => asked.write('{', sent));
  return async () => {
    asked.end('}');
    const [response] = await answered;
    response.resume();
    return response.statusCode ?? 0;
  };
}

test('whatever was begun before its token was revoked, and sent to its end behind that, is refused', async () => {
  const all = await withBodies();
  for (const path of ['/commands/wallets/open-wallet', '/accounts/me/password'])
    assert.ok(
      all.some(([, each]) => each === path),
      path,
    );
  for (let first = 0; first < all.length; first += AT_ONCE) {
    const some = [];
    for (const [number, [method, path]] of all.slice(first, first + AT_ONCE).entries()) {
      const person = `slow-${first + number}`;
      some.push({ person, path, goOn: await begun(method, path, person) });
    }
    // Others are answered meanwhile: the first look at each token is behind it.
    for (let times = 0; times < 10; times += 1)
      assert.equal((await exchange(`${platform.url}/health/live`)).status, 200);
    for (const { person } of some) platform.revocations.revoke({ person }, until());
    for (const { path, goOn } of some) assert.equal(await goOn(), 401, path);
  }
});
