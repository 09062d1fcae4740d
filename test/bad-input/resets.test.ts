import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { openDoor } from './door.ts';

// Peers that reset their connection, at every stage of everything that can be begun on it. A socket that Node hands over loses the
// listeners that Node gave it, and an error that nobody listens to ends the process: here that would end this file.

const door = await openDoor({ read: { socketsPerAddress: 2 } });
const { ann } = door.inhabited.sessions;
const place = '/commands/auctions/place-bid';
const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n\r\n`;
const upgradeTo = (path: string, ...more: readonly string[]) =>
  lines(
    ...[`GET ${path} HTTP/1.1`, 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade'],
    ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: graphql-transport-ws'],
    ...more,
  );
const VERSION = 'Sec-WebSocket-Version: 13';
const begun = (method: string, path: string, ...more: readonly string[]) =>
  lines(`${method} ${path} HTTP/1.1`, 'Host: x', `Authorization: ${ann.authorization}`, ...more);
const BODY = ['Content-Type: application/json', 'Content-Length: 1000'];
/** As a client sends it: text, masked with zeros. */
const frame = (text: string) =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
const hello = frame('{"type":"connection_init"}');
const question = frame(
  '{"type":"subscribe","id":"1","payload":{"query":"subscription{auctionFeed(auctionId:"open-1"){position}}"}}'.slice(
    0,
    120,
  ),
);

const handshakes: readonly (readonly [what: string, bytes: string | Buffer])[] = [
  ['nothing', ''],
  ['CONNECT', lines('CONNECT a.example:443 HTTP/1.1', 'Host: a.example:443')],
  ['CONNECT with a body', `${lines('CONNECT a.example:443 HTTP/1.1', 'Host: a', 'Content-Length: 10')}x`],
  ['an upgrade to another path', upgradeTo('/nowhere', VERSION)],
  ['an upgrade with a body', `${upgradeTo('/graphql', VERSION, 'Content-Length: 10')}x`],
  ['an upgrade of another version', upgradeTo('/graphql', 'Sec-WebSocket-Version: 7')],
  ['an upgrade without a version', upgradeTo('/graphql')],
  ['an upgrade to what is not spoken', begun('GET', '/graphql', 'Upgrade: h2c', 'Connection: Upgrade')],
  [
    'an upgrade that is accepted',
    Buffer.concat([Buffer.from(upgradeTo('/graphql', VERSION)), hello, question]),
  ],
  ['a question', begun('GET', '/health/ready')],
  ['a command', begun('POST', place, ...BODY) + '{'.padEnd(1_000)],
  ['an operation', begun('POST', '/graphql', ...BODY) + '{"query":"{ now }"}'.padEnd(1_000)],
  [
    'a feed',
    begun(
      'GET',
      '/graphql?query=subscription%7BauctionFeed(auctionId:%22open-1%22)%7Bposition%7D%7D',
      'Accept: text/event-stream',
    ),
  ],
  ['an expectation', begun('POST', place, 'Expect: the-worst', ...BODY)],
  ['a body that is waited for', begun('POST', place, 'Expect: 100-continue', ...BODY)],
  [
    'chunks',
    `${begun('POST', place, 'Content-Type: application/json', 'Transfer-Encoding: chunked')}5\r\n{    \r\n`,
  ],
  ['TRACE', begun('TRACE', '/graphql')],
  ['requests in a row', begun('GET', '/docs').repeat(40)],
  ['no HTTP', '\0'.repeat(100)],
];

async function reset(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const gone = once(socket, 'close');
  socket.resetAndDestroy();
  await gone;
}
/** A peer that does not hang up when the platform does: it can reset what is half closed, too. */
async function begin(): Promise<Socket> {
  const port = Number(new URL(door.inhabited.url).port);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.resume();
  return socket;
}
async function stillServes(): Promise<void> {
  assert.equal((await door.send({ method: 'GET', path: '/health/ready' })).status, 200);
  assert.deepEqual(door.errors, []);
}

/** After each of so many bytes, spread over all of them. */
const STAGES = 12;
for (const [what, bytes] of handshakes)
  test(`reset at every stage: ${what}`, async () => {
    const all = Buffer.from(bytes);
    const stages = [
      ...new Set(Array.from({ length: STAGES + 1 }, (_, at) => Math.round((at * all.length) / STAGES))),
    ];
    await Promise.all(
      stages.map(async (stage) => {
        const socket = await begin();
        socket.write(all.subarray(0, stage));
        // What was sent has been read when others were answered.
        await door.send({ method: 'GET', path: '/health/live' });
        await reset(socket);
      }),
    );
    // With what follows at once, and nothing read in between.
    const socket = await begin();
    socket.write(all);
    await reset(socket);
    await stillServes();
  });

test('reset behind each answer', async () => {
  for (const [, bytes] of handshakes.slice(1)) {
    const socket = await begin();
    socket.write(bytes);
    // Some are not answered yet: then an answer to somebody else is behind it.
    await Promise.race([once(socket, 'data'), door.send({ method: 'GET', path: '/docs' })]);
    await reset(socket);
  }
  await stillServes();
});

test('reset by one who has as many sockets as an address may have', async () => {
  const held = await Promise.all([begin(), begin()]);
  after(() => {
    for (const socket of held) socket.destroy();
  });
  for (const socket of held) {
    socket.write(upgradeTo('/graphql', VERSION));
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 101/);
  }
  for (let more = 0; more < 5; more++) {
    const socket = await begin();
    socket.write(upgradeTo('/graphql', VERSION));
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 429 overloaded/);
    await reset(socket);
  }
  await stillServes();
});
