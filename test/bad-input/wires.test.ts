import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Answered, openDoor } from './door.ts';

// What stands on the wire: what is no HTTP, what a request is addressed to, by which method, and what its headers say.

const door = await openDoor();
const MEGABYTES = 10 * 1024 * 1024;

const good = door.inhabited.sessions.ann.authorization.replace('Bearer ', '');
const path = (line: string, more = '') => `${line}\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
const post = `POST /commands/auctions/place-bid HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${good}\r\nContent-Type: application/json\r\n`;
const ff = Buffer.from([0xff, 0xfe]);
const around = (before: string, after: string) =>
  Buffer.concat([Buffer.from(before), ff, Buffer.from(after)]);
type Wire = readonly [what: string, bytes: string | Buffer, status: number, code?: string];
const wires: readonly Wire[] = [
  ['no HTTP', 'hello there\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a greeting of TLS', Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 1, 3]), 400],
  ['HTTP of a version to come', path('GET /health/live HTTP/9.9'), 505],
  ['HTTP/2 without its preface', path('GET /health/live HTTP/2.0'), 505],
  ['HTTP of before there were headers', 'GET /health/live\r\n\r\n', 505],
  ['no host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  [
    'a host that is none',
    'POST /graphql HTTP/1.1\r\nHost: a b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    400,
  ],
  [
    'half an address as a host',
    'POST /graphql HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    400,
  ],
  ['an empty host', 'GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', 400],
  [
    'a host with a port that is none',
    'GET /health/live HTTP/1.1\r\nHost: x:y\r\nConnection: close\r\n\r\n',
    400,
  ],
  ['two hosts', path('GET /health/live HTTP/1.1', 'Host: y\r\n'), 400],
  ['the same host twice', path('GET /health/live HTTP/1.1', 'hOST: x\r\n'), 400],
  ['two tokens', `${post}Authorization: Bearer x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, 400],
  [
    'two content types',
    `${post}Content-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    400,
  ],
  ['lines that end with a line feed alone', 'GET /health/live HTTP/1.1\nHost: x\n\n', 400],
  ['a header folded as of old', path('GET /health/live HTTP/1.1', 'X-A: a\r\n b\r\n'), 400],
  ['a blank before a colon', path('GET /health/live HTTP/1.1', 'X-A : a\r\n'), 400],
  ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  ['a length that is no number', `${post}Content-Length: two\r\n\r\n{}`, 400],
  ['a negative length', `${post}Content-Length: -1\r\n\r\n{}`, 400],
  ['a length and chunks', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['chunks that are none', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`, 400],
  [
    'a chunk with endless extensions',
    `${post}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\n{}\r\n`,
    413,
  ],
  [
    'a transfer coding beside chunks',
    `${post}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    501,
  ],
  ['a transfer coding nobody knows', `${post}Transfer-Encoding: gzip\r\n\r\n{}`, 400],
  [
    'a body of megabytes in chunks',
    `${post}Transfer-Encoding: chunked\r\n\r\n200000\r\n${' '.repeat(0x200000)}\r\n`,
    413,
  ],
  ['a header of twenty kilobytes', path('GET /health/live HTTP/1.1', `X-A: ${'a'.repeat(20_000)}\r\n`), 431],
  [
    'hundreds of headers',
    path('GET /health/live HTTP/1.1', Array.from({ length: 2_000 }, (_, at) => `x-${at}: 1\r\n`).join('')),
    431,
  ],
  ['NUL in a header', path('GET /health/live HTTP/1.1', 'X-A: a\0b\r\n'), 400],
  ['bytes that are no text in its path', around('GET /health/', ' HTTP/1.1\r\nHost: x\r\n\r\n'), 400],
  ['%ff in its path', path('GET /commands/%ff/x HTTP/1.1'), 400],
  ['%ff in the path of a command', path('POST /commands/%ff/x HTTP/1.1', 'Content-Length: 0\r\n'), 400],
  [
    '%ff in a question',
    path('GET /graphql?query=%ff HTTP/1.1', 'Accept: application/graphql-response+json\r\n'),
    400,
  ],
  ['an absolute target without a host', path('GET http:///health/live HTTP/1.1'), 400],
  ['an absolute target whose port is none', path('GET http://a:b/ HTTP/1.1'), 400],
  ['an absolute target whose port is none, of GraphQL', path('GET http://a:b/graphql HTTP/1.1'), 400],
  ['an absolute target whose port is too large', path('GET http://a:65536/graphql HTTP/1.1'), 400],
  ['an absolute target with a user', path('GET http://ann@x/graphql HTTP/1.1'), 400],
  ['an absolute target of another protocol', path('GET ftp://x/graphql HTTP/1.1'), 400],
  ['an absolute target, and two hosts', path('GET http://x/health/live HTTP/1.1', 'Host: x\r\n'), 400],
  ['an authority as its target', path('GET example.org:80 HTTP/1.1'), 400],
  ['a star as its target', path('GET * HTTP/1.1'), 400],
  ['a target with a fragment', path('GET /health/live#x HTTP/1.1'), 400],
  ['a target of nine thousand characters', path(`GET /graphql?${'x'.repeat(9_000)} HTTP/1.1`), 414],
  ['a path of empty segments', path('GET //graphql HTTP/1.1'), 404, 'not_found'],
  ['a method in small letters', path('get /health/live HTTP/1.1'), 501],
  ['a method nobody knows', path('BREW /health/live HTTP/1.1'), 501],
  ['no request behind one', 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nhello there\r\n\r\n', 200],
  ['a path that leads up', path('GET /../../etc/passwd HTTP/1.1'), 404, 'not_found'],
  ['an expectation nobody can meet', `${post}Expect: magic\r\nContent-Length: 2\r\n\r\n{}`, 417],
  ['the wish for a proxy', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n', 501],
  [
    'a socket elsewhere',
    'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    404,
    'not_found',
  ],
  [
    'a socket with two hosts',
    path('GET /graphql HTTP/1.1', 'Host: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'),
    400,
  ],
  [
    'a socket by HTTP/1.0',
    path('GET /graphql HTTP/1.0', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
    400,
  ],
  [
    'a socket elsewhere, by an absolute target',
    path('GET http://x/nowhere HTTP/1.1', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
    404,
    'not_found',
  ],
  [
    'a socket without a key, by an absolute target',
    path(
      'GET http://x/graphql HTTP/1.1',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
    ),
    400,
  ],
  [
    'a socket without a key',
    'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
    400,
  ],
  [
    'an offer of HTTP/2, which is passed over',
    `${post}Connection: close, Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}`,
    400,
  ],
];
for (const [what, bytes, status, named] of wires)
  test(`on the wire: ${what}`, async () => {
    const before = await door.head();
    const answer = await door.raw(bytes);
    const code = status === 200 ? undefined : (named ?? 'invalid');
    assert.deepEqual([answer.status, answer.code], [status, code], answer.text.slice(0, 300));
    assert.deepEqual(await door.since(before), []);
    assert.deepEqual(door.errors, []);
  });

test('bytes that are no text in a header are taken as they are, and kept out of the answer', async () => {
  const answer = await door.raw(
    around('GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: ', '\r\n\r\n'),
  );
  assert.equal(answer.status, 200);
});

for (const to of ['/graphql', '/commands/auctions/place-bid', '/webhooks/payments', '/dev/tokens'])
  test(`ten megabytes to ${to} are refused before they have come`, async () => {
    const length = `POST ${to} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${good}\r\nContent-Type: application/json\r\nContent-Length: ${MEGABYTES}\r\n\r\n{`;
    const answer = await door.raw(length);
    assert.deepEqual([answer.status, answer.code], [413, 'invalid'], answer.text);
    assert.deepEqual(door.errors, []);
  });

const served = (line: string, more = '') => door.raw(path(line, more));
const now = '/graphql?query=%7Bnow%7D';

test('an absolute target is served like any other, and names the host', async () => {
  for (const [target, host] of [
    ['/health/live', 'x'],
    ['http://some.host:99/health/live', 'x'],
    ['HTTP://[::1]:99/health/live', 'x'],
    [`https://some.host${now}`, 'elsewhere.example'],
    ['http://some.host/docs', 'x'],
    ['http://some.host?a=b', 'x'],
  ] as const) {
    const { status, text } = await door.raw(
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    assert.equal(status, target.includes('?a') ? 302 : 200, `${target}: ${text}`);
  }
  assert.equal((await door.raw('GET /health/live HTTP/1.0\r\n\r\n')).status, 200, 'HTTP/1.0 knew no hosts');
});

test('what was asked before a breach is answered before it', async () => {
  const { text, status } = await door.raw(
    `GET ${now} HTTP/1.1\r\nHost: x\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n`,
  );
  assert.equal(status, 200);
  assert.match(text, /"now"[\s\S]*HTTP\/1\.1 501 /);
});

/** Each path with the methods that it is served with. */
const places: readonly (readonly [path: string, methods: string])[] = [
  ['/graphql', 'GET, HEAD, OPTIONS, POST'],
  ['/commands/auctions/place-bid', 'OPTIONS, POST'],
  ['/webhooks/payments', 'OPTIONS, POST'],
  ['/provider/3-d-secure/abc', 'GET, HEAD, OPTIONS, POST'],
  ['/dev/tokens', 'OPTIONS, POST'],
  ['/dev/clock', 'GET, HEAD, OPTIONS, POST'],
  ['/dev/payments/p1', 'OPTIONS, POST'],
  ['/health/live', 'GET, HEAD, OPTIONS'],
  ['/health/ready', 'GET, HEAD, OPTIONS'],
  ['/metrics', 'GET, HEAD, OPTIONS'],
  ['/openapi.json', 'GET, HEAD, OPTIONS'],
  ['/asyncapi.json', 'GET, HEAD, OPTIONS'],
  ['/docs', 'GET, HEAD, OPTIONS'],
  ['/', 'GET, HEAD, OPTIONS'],
];
for (const [place, methods] of places)
  test(`${place} is served by ${methods}, and every other method is told so`, async () => {
    const asked = await served(`OPTIONS ${place} HTTP/1.1`);
    assert.deepEqual([asked.status, asked.headers.allow, asked.text], [204, methods, '']);
    const others = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY'];
    for (const method of others.filter((other) => !methods.split(', ').includes(other))) {
      const answer = await served(`${method} ${place} HTTP/1.1`);
      assert.deepEqual([answer.status, answer.code, answer.headers.allow], [405, 'invalid', methods], method);
    }
    if (!methods.includes('HEAD')) return;
    const address = place === '/graphql' ? now : place;
    const [whole, head] = [await served(`GET ${address} HTTP/1.1`), await served(`HEAD ${address} HTTP/1.1`)];
    const kept = ({ status, headers }: Answered) => [status, headers['content-type'], headers.location];
    assert.deepEqual([...kept(head), head.text], [...kept(whole), '']);
  });

test('a path that is not there has no methods', async () => {
  for (const place of ['/nowhere', '/commands/auctions/nonsense', '/GRAPHQL', '/graphql/'])
    for (const method of ['GET', 'PUT', 'OPTIONS']) {
      const { status, code, headers } = await served(`${method} ${place} HTTP/1.1`);
      assert.deepEqual([status, code, headers.allow], [404, 'not_found', undefined], `${method} ${place}`);
    }
  assert.equal((await served('TRACE /nowhere HTTP/1.1')).status, 405);
  const { status, headers } = await served('OPTIONS * HTTP/1.1');
  assert.deepEqual([status, headers.allow], [204, 'DELETE, GET, HEAD, OPTIONS, POST']);
});

test('a change in an address is refused, and told where it belongs', async () => {
  const { status, headers } = await served('GET /graphql?query=mutation{__typename} HTTP/1.1');
  assert.deepEqual([status, headers.allow], [405, 'POST']);
});

const challenges: readonly (readonly [what: string, header: string, challenge: string])[] = [
  ['no token', '', 'Bearer realm="annals"'],
  ['a bad token', 'Authorization: bEARER abc\r\n', 'Bearer realm="annals", error="invalid_token"'],
  ['another scheme', 'Authorization: Basic YTpi\r\n', 'Bearer realm="annals"'],
  ['a token without a scheme', `Authorization: ${good}\r\n`, 'Bearer realm="annals"'],
];
for (const [what, header, challenge] of challenges) {
  test(`by REST ${what} is answered with a challenge`, async () => {
    const { status, code, headers } = await served('POST /commands/auctions/place-bid HTTP/1.1', header);
    assert.deepEqual([status, code, headers['www-authenticate']], [401, 'unauthenticated', challenge]);
  });
  // By GraphQL nobody may ask as well, and is told by the fields that need somebody.
  if (header !== '')
    for (const accept of [
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'text/event-stream',
    ])
      test(`by GraphQL in ${accept} ${what} is answered with a challenge`, async () => {
        const answer = await served(`GET ${now} HTTP/1.1`, `${header}Accept: ${accept}\r\n`);
        assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, challenge]);
        assert.match(answer.text, /"unauthenticated"/);
      });
}

const asked = (accept: string) => `Accept: ${accept}\r\n`;
const accepted: readonly (readonly [accept: string, status: number, type: string])[] = [
  ['', 200, 'application/json'],
  ['*/*', 200, 'application/json'],
  ['Application/GraphQL-Response+JSON; Charset=UTF-8', 200, 'application/graphql-response+json'],
  ['application/json;q=0.1, application/graphql-response+json', 200, 'application/graphql-response+json'],
  ['application/graphql-response+json;q=0.1, application/json', 200, 'application/json'],
  ['application/json;q=0, */*;q=0.5', 200, 'application/graphql-response+json'],
  ['text/html;q=0, */*', 200, 'application/json'],
  ['text/html, application/xhtml+xml, */*;q=0.8', 200, 'text/html'],
  ['text/event-stream', 200, 'text/event-stream'],
  ['application/json;q=0', 406, 'application/json'],
  ['text/plain', 406, 'application/json'],
  ['nonsense', 406, 'application/json'],
  [`${'a/b, '.repeat(200)}*/*`, 400, 'application/json'],
];
for (const [accept, status, type] of accepted)
  test(`who accepts ${accept.slice(0, 80) || 'whatever it is'} gets ${status} in ${type}`, async () => {
    const answer = await served(`GET ${now} HTTP/1.1`, accept && asked(accept));
    assert.deepEqual([answer.status, answer.headers['content-type']?.split(';')[0]], [status, type]);
  });

test('an expectation that is not met is answered in its turn, and nothing behind it is done', async () => {
  const get = 'GET /health/live HTTP/1.1\r\nHost: x\r\n';
  const socket = await door.connected();
  socket.write(`${get}\r\n${get}Expect: magic\r\n\r\n${get}\r\n`);
  const told = await text(socket);
  assert.deepEqual(told.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 417']);
});

test('a command whose answer nobody would take is not carried out', async () => {
  const body = JSON.stringify({ query: 'mutation { openWallet(currency: "JPY") { __typename } }' });
  const before = await door.head();
  const { status } = await door.send({
    path: '/graphql',
    as: 'ann',
    body,
    headers: { accept: 'text/plain' },
  });
  assert.deepEqual([status, await door.since(before)], [406, []]);
});

const types = ['application/json', 'Application/JSON', 'application/json; charset="UTF-8"; foo=bar'];
for (const type of [...types, ' application/json ;charset=utf-8'])
  test(`a body of ${type} is JSON`, async () => {
    const headers = { 'content-type': type };
    const asked = await door.send({ path: '/graphql', body: '{"query":"{ now }"}', headers });
    assert.equal(asked.status, 200);
    const path = '/commands/auctions/place-bid';
    const { text } = await door.send({ path, as: 'ann', body: '{}', headers });
    assert.match(text, /"auctionId"/, 'it is read, and misses what is not in it');
  });

const inJson: readonly (readonly [what: string, body: string, status: number])[] = [
  ['no JSON', '{"query":', 400],
  ['no query', '{"variables":{}}', 400],
  ['a query that is none', '{"query":7}', 400],
  ['a batch', '[{"query":"{ now }"}]', 400],
  ['no GraphQL', '{"query":"{ {"}', 200],
  ['an unknown field', '{"query":"{ nonsense }"}', 200],
  ['an operation it has not', '{"query":"{ now }","operationName":"b"}', 200],
  ['a variable that is missing', '{"query":"query ($x: ID!) { now }","variables":{"x":null}}', 200],
];
for (const [what, body, status] of inJson)
  test(`whoever accepts application/json alone gets ${status} for ${what}`, async () => {
    const answer = await door.send({ path: '/graphql', body, headers: { accept: 'application/json' } });
    assert.deepEqual([answer.status, answer.code], [status, 'invalid'], answer.text);
  });

test(`${wires.length} ways to be no request, and the platform still serves`, async (t) => {
  t.diagnostic(`on the wire: ${wires.length} cases`);
  assert.equal((await door.send({ method: 'GET', path: '/health/ready' })).status, 200);
});
