import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { bothWays } from '../support/both-ways.ts';
import { JSON_TYPE, signIn } from '../support/customer.ts';
import { startHere } from '../support/embedded.ts';

// How much each network and each person may ask in a while, what they are told of it, and what does not count.

const RATES = { RATE_PER_ADDRESS: '40', RATE_PER_PERSON: '12' };
const { url } = await startHere({
  ...RATES,
  TRUSTED_PROXIES: '127.0.0.1',
  ALLOWED_ORIGINS: 'https://friend.example',
});
let networks = 0;
/** An address that nobody else in this file has. */
const newAddress = () => `192.0.2.${++networks}`;
const from = (address: string) => ({ 'X-Forwarded-For': address });

const NOW = JSON.stringify({ query: '{ now }' });
const ask = (headers: Record<string, string>, body = NOW) =>
  fetch(`${url}/graphql`, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
const open = (headers: Record<string, string>) =>
  fetch(`${url}/commands/wallets/open-wallet`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: '{"currency":"USD"}',
  });
let people = 0;
const somebody = async (origin = url) =>
  (await signIn(origin, `person-${++people}`, ['bidder'])).authorization;

/** What is left of a quota by this answer; undefined: it says nothing of it. */
function left(response: Response, name: string): number | undefined {
  const [, points] =
    new RegExp(`"${name}";r=(\\d+);t=\\d+`).exec(response.headers.get('ratelimit') ?? '') ?? [];
  return points === undefined ? undefined : Number(points);
}

async function assertRefused(response: Response, policy: string): Promise<void> {
  const text = await response.text();
  assert.equal(response.status, 429, text);
  assert.match(text, new RegExp(`"rate_limited".*"policy":"${policy}"`, 's'));
  const wait = Number(response.headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 60, `Retry-After: ${wait}`);
  assert.equal(left(response, policy), 0);
}

test('an answer tells of both quotas as the draft of the IETF has it', async () => {
  const headers = {
    ...from(newAddress()),
    authorization: await somebody(),
    Origin: 'https://friend.example',
  };
  for (const response of [await open(headers), await ask(headers)]) {
    assert.equal(response.headers.get('ratelimit-policy'), '"address";q=40;w=60, "person";q=12;w=60');
    assert.match(response.headers.get('ratelimit') ?? '', /^"address";r=\d+;t=\d+, "person";r=\d+;t=\d+$/);
    for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After'])
      assert.ok(response.headers.get('access-control-expose-headers')?.split(',').includes(name), name);
  }
  const response = await ask(headers);
  assert.deepEqual([left(response, 'address'), left(response, 'person')], [37, 9]);
});

test('whoever has asked for too much is told when to come again, wherever they come from and by whatever', async () => {
  const authorization = await somebody();
  for (let at = 0; at < 12; at++)
    assert.equal((await open({ ...from(newAddress()), authorization })).status, 200);
  const headers = { ...from(newAddress()), authorization };
  await assertRefused(await open(headers), 'person');
  await assertRefused(await ask(headers), 'person');
  const { ways, close } = bothWays(url, authorization);
  for (const [way, send] of ways)
    assert.equal((await send({ query: '{ now }' })).errors?.[0]?.extensions?.code, 'rate_limited', way);
  await close();
  assert.equal((await ask(from(newAddress()))).status, 200, 'nobody else is');
});

test('a network is refused whoever asks; of IPv6 that is a /64', async () => {
  const address = newAddress();
  for (let at = 0; at < 40; at++) assert.equal((await ask(from(address))).status, 200);
  await assertRefused(await ask(from(address)), 'address');
  await assertRefused(await open({ ...from(address), authorization: await somebody() }), 'address');
  for (let at = 0; at < 40; at++) assert.equal((await ask(from(`2001:db8::${at + 1}`))).status, 200);
  await assertRefused(await ask(from('2001:db8::dead:beef')), 'address');
  assert.equal((await ask(from('2001:db8:0:1::1'))).status, 200);
});

test('fields at the root count as what they are: commands under many names in one request are as many', async () => {
  const headers = { ...from(newAddress()), authorization: await somebody() };
  const names = Array.from({ length: 9 }, (_, at) => `m${at}: openWallet(currency: "EUR") { __typename }`);
  const batch = JSON.stringify({ query: `mutation { ${names.join(' ')} }` });
  const response = await ask(headers, batch);
  assert.deepEqual([response.status, left(response, 'address'), left(response, 'person')], [200, 31, 3]);
  await assertRefused(await ask(headers, batch), 'person');
});

test('a person over sockets spends of the same', async () => {
  const authorization = await somebody();
  const { ways, close } = bothWays(url, authorization);
  const [[, byHttp], [, bySocket]] = ways as [(typeof ways)[number], (typeof ways)[number]];
  for (let at = 0; at < 12; at++) assert.ok((await bySocket({ query: '{ now }' })).data);
  for (const send of [bySocket, byHttp])
    assert.equal((await send({ query: '{ now }' })).errors?.[0]?.extensions?.code, 'rate_limited');
  await close();
});

const handshake = (address: string) =>
  new Promise<{ readonly status: number; readonly header: unknown }>((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: from(address),
    });
    socket.on('open', () => {
      socket.close();
      resolve({ status: 101, header: undefined });
    });
    socket.on('unexpected-response', (_, { statusCode = 0, headers }) => {
      resolve({ status: statusCode, header: headers.ratelimit });
      socket.terminate();
    });
    socket.on('error', reject);
  });
test('what is asked on a socket counts for its network whatever becomes of it', async () => {
  const direct = await startHere({ ...RATES, RATE_PER_ADDRESS: '12' });
  const { ways, close } = bothWays(direct.url, 'Bearer nobody');
  const [, [, bySocket]] = ways as [(typeof ways)[number], (typeof ways)[number]];
  const codes: unknown[] = [];
  // The socket itself is one of the twelve.
  for (let at = 0; at < 12; at++)
    codes.push(
      (await bySocket({ query: at % 2 === 0 ? '{ now }' : '{ nowt }' })).errors?.[0]?.extensions?.code,
    );
  assert.deepEqual(codes.slice(0, 3), ['unauthenticated', 'invalid', 'unauthenticated']);
  assert.deepEqual(
    codes.map((code) => code === 'rate_limited'),
    [...Array(11).fill(false), true],
  );
  await close();
});

test('a socket that is opened counts as a request does', async () => {
  const address = newAddress();
  for (let at = 0; at < 40; at++) assert.equal((await handshake(address)).status, 101);
  const { status, header } = await handshake(address);
  assert.equal(status, 429);
  assert.match(String(header), /^"address";r=0;t=\d+$/);
});

test('who looks after the platform, and notices that prove by a signature whose they are, count for nothing', async () => {
  const address = newAddress();
  for (let at = 0; at < 41; at++) {
    assert.equal((await fetch(`${url}/health/live`, { headers: from(address) })).status, 200);
    const notice = await fetch(`${url}/webhooks/payments`, {
      method: 'POST',
      headers: from(address),
      body: '{}',
    });
    assert.equal(notice.status, 401);
  }
  assert.equal(left(await ask(from(address)), 'address'), 39);
});

test('who comes from nowhere that is trusted says nothing by a header of where they come from', async () => {
  const direct = await startHere(RATES);
  const statuses = await Promise.all(
    Array.from(
      { length: 41 },
      async () =>
        (
          await fetch(`${direct.url}/graphql`, {
            method: 'POST',
            headers: { ...JSON_TYPE, ...from(newAddress()) },
            body: NOW,
          })
        ).status,
    ),
  );
  assert.deepEqual(statuses.toSorted(), [...Array(40).fill(200), 429]);
});
