import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { allowedOrigins, withDocs } from '#compose/origins.ts';
import { readConfig } from '#config';
import { startHere } from '../support/embedded.ts';

// Which pages of the world may read what the platform answers.

const FRIEND = 'https://auctions.example';
const APP = 'capacitor://localhost';
const STRANGER = 'https://evil.example';

const platform = await startHere({
  HOST: '0.0.0.0',
  ALLOWED_ORIGINS: `${FRIEND}, https://other.example:8443, ${APP}`,
});
const { url } = platform;

/** Paths that pages ask, each with what a browser sends and how it is answered without CORS. */
const questions = [
  ['/commands/wallets/open-wallet', 'POST', { 'Content-Type': 'application/json' }, '{}', 401],
  ['/graphql', 'POST', { 'Content-Type': 'application/json' }, '{"query":"{ now }"}', 200],
  [
    '/graphql',
    'POST',
    { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    '{"query":"subscription { auctionFeed(auctionId: \\"none\\") { position } }"}',
    200,
  ],
  ['/openapi.json', 'GET', {}, undefined, 200],
  ['/nowhere', 'GET', {}, undefined, 404],
] as const;

const corsHeaders = (response: Response): readonly string[] =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));

for (const [path, method, headers, body, status] of questions)
  test(`${method} ${path} ${JSON.stringify(headers)} may be read by those who are allowed, and by nobody else`, async () => {
    const answerTo = async (origin: string | undefined): Promise<Response> => {
      const given = { ...headers, ...(origin !== undefined && { Origin: origin }) };
      const leave = AbortSignal.timeout(20_000);
      const response = await fetch(url + path, {
        method,
        headers: given,
        signal: leave,
        ...(body && { body }),
      });
      await response.body?.cancel();
      assert.equal(response.status, status);
      assert.match(response.headers.get('vary') ?? '', /(^|, *)origin(,|$)/i, 'a cache keeps them apart');
      assert.equal(response.headers.get('access-control-allow-credentials'), null);
      return response;
    };
    for (const origin of [FRIEND, 'https://other.example:8443', APP, url]) {
      const response = await answerTo(origin);
      assert.equal(response.headers.get('access-control-allow-origin'), origin);
      assert.match(response.headers.get('access-control-expose-headers') ?? '', /Retry-After/);
    }
    for (const origin of [
      STRANGER,
      `${FRIEND}.evil.example`,
      `${FRIEND}:444`,
      'http://auctions.example',
      'capacitor://evil',
      'ionic://localhost',
      'null',
      undefined,
    ])
      assert.deepEqual(corsHeaders(await answerTo(origin)), [], String(origin));
  });

/** By our own clients, and by libraries that add theirs to whatever a page asks. */
const SENT = [
  ...['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'X-Request-Id'],
  ...['traceparent', 'tracestate', 'baggage', 'sentry-trace'],
  ...['apollo-require-preflight', 'x-requested-with'],
];

test('a browser that asks before it sends is told what may be sent, if its page is allowed', async () => {
  const before = (origin: string) =>
    fetch(`${url}/commands/wallets/open-wallet`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': SENT.join(',').toLowerCase(),
      },
    });
  const yes = await before(FRIEND);
  assert.equal(yes.status, 204);
  assert.equal(yes.headers.get('access-control-allow-origin'), FRIEND);
  assert.match(yes.headers.get('access-control-allow-methods') ?? '', /POST/);
  const allowed = (yes.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(',');
  for (const name of SENT) assert.ok(allowed.includes(name.toLowerCase()), name);
  assert.deepEqual(corsHeaders(await before(STRANGER)), []);
});

test('a page may open a socket by the same list', async () => {
  const opened = (origin: string | undefined) =>
    new Promise<boolean>((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        ...(origin !== undefined && { origin }),
      });
      socket.on('error', () => resolve(false));
      socket.on('open', () => {
        socket.close();
        resolve(true);
      });
    });
  for (const origin of [FRIEND, APP, url, undefined])
    assert.equal(await opened(origin), true, String(origin));
  for (const origin of [STRANGER, `${FRIEND}:444`, 'ionic://localhost', 'null'])
    assert.equal(await opened(origin), false, origin);
});

test('who listens everywhere is found on this machine, under each of its names', () => {
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const allowed = allowedOrigins(readConfig({}), () => 'http://127.0.0.1:4000');
  for (const origin of ['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])
    assert.ok(allowed(origin), origin);
  for (const origin of ['http://localhost:4001', 'https://localhost:4000', 'http://localhost', 'null', ''])
    assert.ok(!allowed(origin), origin);
});

test('an address that was set has no other names', () => {
  const allowed = allowedOrigins(
    readConfig({ PUBLIC_URL: 'http://localhost:80/' }),
    () => 'http://localhost',
  );
  assert.ok(allowed('http://localhost'));
  assert.ok(!allowed('http://127.0.0.1'));
  assert.ok(!allowed('http://evil.example', 'evil.example'), 'whatever host a handshake names');
});

test('the pages of /docs may read answers wherever they are served, and open no socket by that', async () => {
  const elsewhere = await startHere({ PUBLIC_URL: FRIEND, OPERATIONS_PORT: '0' });
  for (const served of [elsewhere.url, elsewhere.operationsUrl ?? assert.fail('it has a port')])
    for (const origin of [served, served.replace('127.0.0.1', 'localhost')]) {
      const answer = await fetch(`${elsewhere.url}/openapi.json`, { headers: { Origin: origin } });
      await answer.body?.cancel();
      assert.equal(answer.headers.get('access-control-allow-origin'), origin);
      const socket = new WebSocket(`${elsewhere.url.replace('http', 'ws')}/graphql`, { origin });
      assert.match(String(await new Promise((resolve) => socket.on('error', resolve))), /403/);
    }
  const allowed = withDocs(
    () => false,
    () => [undefined, 'http://10.0.0.5:4001'],
  );
  assert.ok(allowed('http://10.0.0.5:4001'));
  for (const origin of ['http://10.0.0.5:4000', 'http://127.0.0.1:4001', 'http://localhost:4001', ''])
    assert.ok(!allowed(origin), origin);
});

test('without one, pages of the host that is asked are our own', () => {
  const allowed = allowedOrigins(readConfig({}), () => 'http://127.0.0.1:4000');
  assert.ok(allowed('http://192.0.2.1:4000', '192.0.2.1:4000'));
  for (const host of ['192.0.2.2:4000', '192.0.2.1', 'a b', undefined])
    assert.ok(!allowed('http://192.0.2.1:4000', host), String(host));
});
