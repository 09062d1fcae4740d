import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { AuctionOpened } from '#domain/auctions/auction/messages.ts';
import { terms } from '../../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// What strangers send: each is answered with the right no, none of it is our failure, and the platform stays open.

const SOCKETS = 3;
const OPERATIONS = 2;
let readSide: ReadSide;
before(async () => {
  const limits = {
    socketsPerAddress: SOCKETS,
    operationsPerSocket: OPERATIONS,
    connectionInitMs: 100,
    pingMs: 50,
  };
  readSide = await givenReadSide({ limits });
  await readSide.append('auction-a1', AuctionOpened(terms));
});
after(() => readSide.close());

interface Sent {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly token?: string;
}
async function send({ method = 'POST', body, type = 'application/json', token }: Sent) {
  const response = await fetch(readSide.url, {
    method,
    ...(body !== undefined && { body: Buffer.from(body) }),
    headers: {
      ...{ 'content-type': type, accept: 'application/graphql-response+json' },
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });
  return { status: response.status, text: await response.text() };
}
const query = (text: string, variables?: object) => JSON.stringify({ query: text, variables });
const deep = `{ auctions ${'{ edges { node '.repeat(40)} { id } ${'} }'.repeat(40)} }`;

const strange: readonly (readonly [what: string, sent: Sent, status: number])[] = [
  ['no JSON', { body: '{"query":' }, 400],
  ['JSON that is no request', { body: '[1,2]' }, 400],
  ['nothing', { body: '' }, 400],
  ['bytes that are no UTF-8', { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) }, 400],
  ['no GraphQL', { body: query('{ {') }, 400],
  ['an unknown field', { body: query('{ nonsense }') }, 400],
  ['a query of forty levels', { body: query(deep) }, 400],
  [
    'lists of two thousand levels',
    { body: query(`{ nodes(ids: ${'['.repeat(1_990)}${']'.repeat(1_990)}) { id } }`) },
    400,
  ],
  [
    'brackets in a text, which nest nothing',
    { body: query(`{ auction(auctionId: "${'('.repeat(200)}") { id } }`) },
    200,
  ],
  ['more tokens than a document may have', { body: query(`{ ${'now '.repeat(3_000)} }`) }, 400],
  ['a body of ten megabytes', { body: query(`{ now } # ${'x'.repeat(10 * 1024 * 1024)}`) }, 413],
  ['another content type', { body: 'query=1', type: 'text/plain' }, 415],
  ['another method', { method: 'PUT', body: query('{ now }') }, 405],
  ['a bad token', { body: query('{ now }'), token: 'nobody' }, 401],
  ['a page beyond all bounds', { body: query('{ auctions(first: 2147483647) { edges { cursor } } }') }, 400],
  ['a field that needs a token', { body: query('{ wallets { edges { cursor } } }') }, 200],
];
for (const [what, sent, status] of strange)
  test(`HTTP answers ${what} with ${status}`, async () => {
    const answer = await send(sent).catch((error: unknown) => ({ status: 413, text: String(error) }));
    assert.equal(answer.status, status, answer.text.slice(0, 300));
    assert.doesNotMatch(answer.text, /BAD_REQUEST|"http"/);
    assert.equal((await send({ body: query('{ now }') })).status, 200, 'the platform is still open');
    assert.deepEqual(readSide.errors, [], 'nothing of it is a failure of ours');
  });

test('keys of the prototype are names like any other, and change nothing', async () => {
  const variables =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"id":"__proto__"}';
  const text = 'query ($id: ID!) { auction(auctionId: $id) { id } }';
  const { status } = await send({ body: `{"query":${JSON.stringify(text)},"variables":${variables}}` });
  assert.ok(status < 500);
  assert.equal((await send({ body: query('{ __proto__ { id } }') })).status, 400);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

/** A socket that says what it is told to say, and tells how it was closed. */
async function openSocket() {
  const socket = new WebSocket(readSide.socketUrl, 'graphql-transport-ws');
  const closed = once(socket, 'close').then(([code]) => code as number);
  const said: { type: string; id?: string; payload?: unknown }[] = [];
  socket.on('message', (data) => void said.push(JSON.parse(String(data))));
  await once(socket, 'open');
  const say = (message: object) => socket.send(JSON.stringify(message));
  const hears = async (type: string) => {
    for (;;) {
      const heard = said.find((message) => message.type === type);
      if (heard !== undefined) return heard;
      await once(socket, 'message');
    }
  };
  const begin = async () => {
    say({ type: 'connection_init' });
    await hears('connection_ack');
  };
  const end = () => {
    socket.terminate();
    return closed;
  };
  return { socket, closed, say, hears, begin, end };
}

test('a socket that breaks the protocol is closed with its code', async () => {
  const closes: readonly (readonly [what: string | Buffer, code: number])[] = [
    ['{"type":', 4400],
    ['[]', 4400],
    [Buffer.from([0xff, 0xfe, 0xfd]), 1007],
    ['x'.repeat(64 * 1024 + 1), 1009],
    ['{"type":"subscribe","id":"1","payload":{"query":"{ now }"}}', 4401],
  ];
  for (const [what, code] of closes) {
    const { socket, closed } = await openSocket();
    socket.send(what, { binary: false });
    assert.equal(await closed, code, String(what).slice(0, 80));
  }
});

test('a socket that never says who it is, is closed', async () => {
  const { closed } = await openSocket();
  assert.equal(await closed, 4408);
});

test('an address has only so many sockets, and gets its places back', async () => {
  const open = await Promise.all(Array.from({ length: SOCKETS }, () => openSocket()));
  const [refused] = (await once(new WebSocket(readSide.socketUrl, 'graphql-transport-ws'), 'error')) as [
    Error,
  ];
  assert.match(refused.message, /429/);
  await Promise.all(open.map(({ end }) => end()));
  await (await openSocket()).end();
});

test('a socket has only so many operations at once', async () => {
  const { say, hears, begin, end } = await openSocket();
  await begin();
  const feed = { query: 'subscription { auctionFeed(auctionId: "a1") { position } }' };
  for (let id = 1; id <= OPERATIONS + 1; id++) say({ type: 'subscribe', id: `${id}`, payload: feed });
  const { id, payload } = await hears('error');
  assert.equal(id, `${OPERATIONS + 1}`);
  assert.match(JSON.stringify(payload), /"overloaded"/);
  await end();
});

test('a socket whose peer is gone without a word is cut off', async () => {
  const { port } = new URL(readSide.url);
  const peer = connect(Number(port), '127.0.0.1');
  const handshake = [
    ...['GET /graphql HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade'],
    ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Protocol: graphql-transport-ws',
  ];
  peer.write(`${handshake.join('\r\n')}\r\n\r\n`);
  const text = Buffer.from('{"type":"connection_init"}');
  // A frame of text, masked with zeros. Pings are never answered from here.
  peer.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  peer.resume();
  await once(peer, 'close');
});
