import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import { codeIn, openDoor } from './door.ts';
import { BINARY, CONTINUATION, closeCode, frame, INIT, many, PING, TEXT, upgraded } from './frames.ts';

// Peers that begin and never end, at the platform's own limits with shorter times: each is ended by the platform, with a code where
// anything was asked, and whoever else asks meanwhile is answered.

const door = await openDoor({
  http: {
    headersTimeoutMs: 2_000,
    requestTimeoutMs: 2_500,
    keepAliveTimeoutMs: 1_000,
    connectionsCheckMs: 100,
  },
  read: { connectionInitMs: 1_500, pingMs: 1_000 },
});
const { sessions } = door.inhabited;
const DRIP_MS = 20;
/** Of eight kilobytes, far more than any body may have. */
const MOST_CHUNKS = 200;

/** All that comes until the platform ends the connection; while it lasts, others are served. */
async function untilEnded(socket: Socket): Promise<string> {
  let wire = '';
  socket.on('data', (chunk) => {
    wire += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  // It ends by an error, too, where one's words come behind the end.
  const ended = new Promise((resolve) => socket.once('close', resolve));
  assert.equal((await door.send({ method: 'GET', path: '/health/live' })).status, 200);
  await ended;
  return wire;
}

/** Sends text, and one byte more every now and then. */
function drip(socket: Socket, head: string, byte: string): void {
  socket.write(head);
  const dripping = setInterval(() => socket.writable && socket.write(byte), DRIP_MS);
  socket.once('close', () => clearInterval(dripping));
}

const head = `Host: x\r\nContent-Type: application/json\r\nAuthorization: ${sessions.ann.authorization}\r\n`;
const begun = (path: string) => `POST ${path} HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\n{"`;
const place = '/commands/auctions/place-bid';
const silent: readonly (readonly [what: string, begin: (socket: Socket) => void])[] = [
  ['says nothing at all', () => undefined],
  ['says half a line', (socket) => socket.write('POST /comm')],
  ['says half its headers', (socket) => socket.write(`POST ${place} HTTP/1.1\r\nHost: x\r\nX-A:`)],
  ['drips its headers', (socket) => drip(socket, `POST ${place} HTTP/1.1\r\nHost: x\r\nX-A: `, 'a')],
  [
    'drips header after header',
    (socket) => drip(socket, `POST ${place} HTTP/1.1\r\nHost: x\r\n`, 'a: b\r\n'),
  ],
  ['sends half a body by REST', (socket) => socket.write(begun(place))],
  ['sends half a body to GraphQL', (socket) => socket.write(begun('/graphql'))],
  ['sends half a notice', (socket) => socket.write(begun('/webhooks/payments'))],
  ['drips a body by REST', (socket) => drip(socket, begun(place), ' ')],
  ['drips a body to GraphQL', (socket) => drip(socket, begun('/graphql'), ' ')],
  [
    'drips chunks',
    (socket) =>
      drip(socket, `POST ${place} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n{\r\n'),
  ],
];
// All at once: each waits for a time to pass.
describe('peers that begin', { concurrency: true }, () => {
  for (const [what, begin] of silent)
    test(`a peer that ${what} is ended`, async () => {
      const before = await door.head();
      const socket = await door.connected();
      begin(socket);
      const wire = await untilEnded(socket);
      // Whichever comes first: the end of its time, or of what its header may hold.
      assert.match(wire, /^HTTP\/1\.1 (408|431) invalid/);
      assert.equal(codeIn(wire.slice(wire.indexOf('{'))), 'invalid');
      assert.deepEqual(await door.since(before), []);
      assert.deepEqual(door.errors, []);
    });
});

test('a connection that was used and then says nothing is ended', async () => {
  const socket = await door.connected();
  socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await untilEnded(socket), /^HTTP\/1\.1 200/);
});

for (const path of [place, '/graphql', '/webhooks/payments', '/dev/tokens'])
  test(`a peer that hangs up in the middle of a body to ${path} is no failure of ours`, async () => {
    const socket = await door.connected();
    socket.write(begun(path));
    // An answer to somebody else, so that the request is under way.
    await door.send({ method: 'GET', path: '/health/live' });
    socket.destroy();
    await once(socket, 'close');
    assert.equal((await door.send({ method: 'GET', path: '/health/ready' })).status, 200);
    assert.deepEqual(door.errors, []);
  });

test('a body that is streamed slowly is refused as soon as it is too large', async () => {
  const socket = await door.connected();
  socket.write(`POST ${place} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`);
  let isHeard = false;
  socket.once('data', () => {
    isHeard = true;
  });
  const ended = untilEnded(socket);
  for (let chunks = 0; !isHeard && chunks < MOST_CHUNKS; chunks += 1) {
    socket.write(`2000\r\n${' '.repeat(0x2000)}\r\n`);
    await pause(5);
    // What has come by now is heard before more is said: who writes on behind an end reads nothing any more.
    await immediate();
  }
  const wire = await ended;
  assert.match(wire, /^HTTP\/1\.1 413/);
});

type Talk = (socket: Socket) => void;
const broken: readonly (readonly [what: string, talk: Talk, code: number | undefined])[] = [
  ['never says who it is', () => undefined, 4408],
  ['never says who it is, but pings', (socket) => socket.write(many(10, frame(PING, 'x'))), 4408],
  ['floods with pings', (socket) => socket.write(many(1_000, frame(PING, 'x'))), 1008],
  ['never answers a ping', (socket) => socket.write(frame(TEXT, INIT)), undefined],
  ['sends bytes that are no message', (socket) => socket.write(frame(BINARY, Buffer.from([1, 2, 3]))), 4400],
  [
    'sends a frame over the limit',
    (socket) =>
      socket.write(Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.from('00000000000fffff', 'hex')])),
    1009,
  ],
  [
    'never ends a message',
    (socket) =>
      socket.write(
        Buffer.concat([
          frame(TEXT, 'x', { fin: false }),
          many(20, frame(CONTINUATION, 'x'.repeat(4_000), { fin: false })),
        ]),
      ),
    1009,
  ],
  [
    'never ends a message of nothing',
    (socket) =>
      socket.write(
        Buffer.concat([frame(TEXT, '', { fin: false }), many(100, frame(CONTINUATION, '', { fin: false }))]),
      ),
    1008,
  ],
  ['does not mask what it sends', (socket) => socket.write(frame(TEXT, INIT, { masked: false })), 1002],
  ['sends a frame of no kind', (socket) => socket.write(frame(5, 'x')), 1002],
  ['sends a ping that is too long', (socket) => socket.write(frame(PING, 'x'.repeat(126))), 1002],
  ['sends text that is none', (socket) => socket.write(frame(TEXT, Buffer.from([0xff, 0xfe]))), 1007],
  [
    'breaks the protocol twice',
    (socket) =>
      socket.write(
        Buffer.concat([frame(TEXT, Buffer.from([0xff])), frame(5, 'x'), frame(TEXT, Buffer.from([0xff]))]),
      ),
    1007,
  ],
  ['says hello twice', (socket) => socket.write(Buffer.concat([frame(TEXT, INIT), frame(TEXT, INIT)])), 4429],
  [
    'speaks as a server does',
    (socket) => socket.write(Buffer.concat([frame(TEXT, INIT), frame(TEXT, '{"type":"connection_ack"}')])),
    4400,
  ],
  [
    'asks before it says who it is',
    (socket) => socket.write(frame(TEXT, '{"type":"subscribe","id":"1","payload":{"query":"{ now }"}}')),
    4401,
  ],
];
describe('sockets that break off', { concurrency: true }, () => {
  for (const [what, talk, code] of broken)
    test(`a socket that ${what} is closed with ${code ?? 'no word'}`, async () => {
      const socket = await upgraded(door);
      talk(socket);
      assert.equal(closeCode(await untilEnded(socket)), code);
      assert.deepEqual(door.errors, []);
    });
});

test(`${silent.length + broken.length} ways to hold a connection, none of which does`, (t) => {
  t.diagnostic(`half-open: ${silent.length + broken.length} cases`);
  assert.deepEqual(door.errors, []);
});
