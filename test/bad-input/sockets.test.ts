import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { reset } from '../support/transport.ts';
import { codeIn, openDoor } from './door.ts';
import { frame, goodbye, type Handshake, handshake, INIT, many, PING, TEXT, upgraded } from './frames.ts';

// Sockets by their words: what a handshake must be, what may be said and in which length, who asks, and that nothing a peer begins
// outlives its connection.

const FEEDS = 5;
const door = await openDoor({ read: { feedsPerAddress: FEEDS, operationsPerSocket: 50 } });
const { url, sessions } = door.inhabited;

const refused: readonly (readonly [what: string, asked: Handshake, status: number, header?: RegExp])[] = [
  ['another path', { target: '/elsewhere' }, 404],
  ['another path in absolute form', { target: 'http://x/elsewhere' }, 404],
  ['a method that opens no socket', { method: 'POST' }, 405, /^Allow: GET, POST$/m],
  ['an older version', { headers: { 'Sec-WebSocket-Version': '8' } }, 426, /^Sec-WebSocket-Version: 13$/m],
  ['no version', { headers: { 'Sec-WebSocket-Version': undefined } }, 426, /^Upgrade: websocket$/m],
  ['two versions', { headers: { 'Sec-WebSocket-Version': ['13', '8'] } }, 426],
  ['no key', { headers: { 'Sec-WebSocket-Key': undefined } }, 400],
  ['a key that is none', { headers: { 'Sec-WebSocket-Key': 'AAAA' } }, 400],
  ['no Host', { headers: { Host: undefined } }, 400],
  ['an empty Host', { headers: { Host: '' } }, 400],
  ['two Hosts', { headers: { Host: ['x', 'x'] } }, 400],
  ['a Host with a path', { headers: { Host: 'x/y' } }, 400],
  ['a Host with a name', { headers: { Host: 'ann@x' } }, 400],
  ['a Host with a port that is none', { headers: { Host: 'x:y' } }, 400],
  ['a Host with a port beyond all', { headers: { Host: 'x:70000' } }, 400],
  ['half an address as Host', { headers: { Host: '[::1' } }, 400],
  ['a page of another site', { headers: { Origin: 'https://evil.example' } }, 403],
  ['a page of another port', { headers: { Origin: 'http://x:81' } }, 403],
  ['a page of no site', { headers: { Origin: 'null' } }, 403],
];
for (const [what, asked, status, header = /^Connection: close$/m] of refused)
  test(`a handshake with ${what} is refused with ${status}`, async () => {
    const socket = await door.connected();
    let wire = '';
    socket.on('data', (chunk) => {
      wire += String(chunk);
    });
    socket.write(handshake(asked));
    await once(socket, 'close');
    assert.match(wire, new RegExp(`^HTTP/1.1 ${status} `), wire);
    assert.match(wire.replaceAll('\r', ''), header);
    assert.equal(codeIn(wire.slice(wire.indexOf('{'))), status === 404 ? 'not_found' : 'invalid');
    assert.deepEqual(door.errors, []);
  });

const accepted: readonly (readonly [what: string, asked: Handshake])[] = [
  ['its target in absolute form', { target: 'http://x/graphql' }],
  ['a query', { target: '/graphql?x=1' }],
  ['a Host with a port', { headers: { Host: 'x:4000' } }],
  ['an address as Host', { headers: { Host: '[::1]:4000' } }],
  ['an Origin of the same host', { headers: { Host: 'annals.example', Origin: 'https://annals.example' } }],
];
for (const [what, asked] of accepted)
  test(`a handshake with ${what} is taken`, async () => {
    const socket = await door.connected();
    socket.write(handshake(asked));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(String(answer), /^HTTP\/1\.1 101 /);
    socket.destroy();
  });

test('an upgrade of HTTP/1.0 is passed over', async () => {
  const answer = await door.raw(handshake({ version: '1.0' }));
  assert.notEqual(answer.status, 101);
  assert.equal(answer.code, 'invalid');
});

const stages: readonly (readonly [what: string, reach: (socket: Socket) => unknown])[] = [
  ['half a handshake', (socket) => socket.write(handshake().slice(0, 40))],
  ['a handshake', (socket) => socket.write(handshake())],
  ['a handshake to another path', (socket) => socket.write(handshake({ target: '/elsewhere' }))],
  [
    'a handshake of another version',
    (socket) => socket.write(handshake({ headers: { 'Sec-WebSocket-Version': '8' } })),
  ],
  [
    'a handshake without a key',
    (socket) => socket.write(handshake({ headers: { 'Sec-WebSocket-Key': '' } })),
  ],
  ['a handshake without a Host', (socket) => socket.write(handshake({ headers: { Host: undefined } }))],
  [
    'a handshake with a frame behind it',
    (socket) => socket.write(Buffer.concat([Buffer.from(handshake()), frame(TEXT, INIT)])),
  ],
];
const spoken: readonly (readonly [what: string, said: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['half a frame', frame(TEXT, INIT).subarray(0, 9)],
  ['a greeting', frame(TEXT, INIT)],
  ['a ping', frame(PING, 'x')],
  ['a breach', frame(5, 'x')],
];
for (const waitMs of [0, 20]) {
  for (const [what, reach] of stages)
    test(`a reset ${waitMs} ms behind ${what} is no failure of ours`, async () => {
      const socket = await door.connected();
      const closed = once(socket, 'close');
      reach(socket);
      await pause(waitMs);
      reset(socket);
      await closed;
      assert.equal((await door.send({ method: 'GET', path: '/health/live' })).status, 200);
      assert.deepEqual(door.errors, []);
    });
  for (const [what, said] of spoken)
    test(`a reset of a socket ${waitMs} ms behind ${what} is no failure of ours`, async () => {
      const socket = await upgraded(door);
      const closed = once(socket, 'close');
      socket.write(said);
      await pause(waitMs);
      reset(socket);
      await closed;
      assert.equal((await door.send({ method: 'GET', path: '/health/live' })).status, 200);
      assert.deepEqual(door.errors, []);
    });
}

const said = (message: object) => frame(TEXT, JSON.stringify(message));
const subscribe = (id: string, query = 'subscription { auctionFeed(auctionId: "open-1") { position } }') =>
  said({ type: 'subscribe', id, payload: { query } });
const greeted = (...frames: readonly Buffer[]) => Buffer.concat([frame(TEXT, INIT), ...frames]);
const breaches: readonly (readonly [what: string, said: Buffer, code: number, reason: RegExp])[] = [
  ['names an operation at length', greeted(subscribe('x'.repeat(129))), 4400, /^Invalid message: id: /],
  ['names nothing', greeted(said({ type: 'complete', id: '' })), 4400, /^Invalid message: id: /],
  [
    'pings at length',
    greeted(said({ type: 'ping', payload: { a: 'x'.repeat(1_024) } })),
    4400,
    /at most 1024 bytes/,
  ],
  [
    'answers at length',
    greeted(said({ type: 'pong', payload: { a: 'x'.repeat(1_024) } })),
    4400,
    /at most 1024 bytes/,
  ],
  ['says what is no object', greeted(said([])), 4400, /^Invalid message: it: /],
  [
    'greets at length',
    said({ type: 'connection_init', payload: { a: 'x'.repeat(17_000) } }),
    1008,
    /before connection_init/,
  ],
  ['does not come to greet', many(21, said({ type: 'ping' })), 1008, /before connection_init/],
  [
    'speaks at length before it greets',
    many(20, said({ type: 'ping', payload: { a: 'x'.repeat(900) } })),
    1008,
    /before connection_init/,
  ],
];
for (const [what, bytes, code, reason] of breaches)
  test(`a socket that ${what} is closed with ${code}`, async () => {
    const socket = await upgraded(door);
    socket.write(bytes);
    let heard: Buffer = Buffer.alloc(0);
    for await (const chunk of socket) {
      heard = Buffer.concat([heard, chunk as Buffer]);
      if (goodbye(heard) !== undefined) break;
    }
    const last = goodbye(heard);
    assert.equal(last?.code, code);
    assert.match(last.reason, reason);
    assert.deepEqual(door.errors, []);
  });

interface Said {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A client that says what it is told to say. */
async function talker(params: object = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: Said[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Said));
  await once(socket, 'open');
  const say = (...messages: readonly object[]) => {
    for (const message of messages) socket.send(JSON.stringify(message));
  };
  const hears = async (is: (message: Said) => boolean): Promise<Said> => {
    for (;;) {
      const found = heard.find(is);
      if (found !== undefined) return found;
      await once(socket, 'message');
    }
  };
  say({ type: 'connection_init', payload: params });
  await hears(({ type }) => type === 'connection_ack');
  const end = async () => {
    socket.terminate();
    await once(socket, 'close');
  };
  return { socket, heard, say, hears, end };
}
const ask = (id: string, query: string) => ({ type: 'subscribe', id, payload: { query } });
const follow = (id: string) => ask(id, 'subscription { auctionFeed(auctionId: "open-1") { position } }');
const complete = (id: string) => ({ type: 'complete', id });

test('a goodbye repeats only as much of an id as its frame holds, in whole characters', async () => {
  const { socket, say } = await talker();
  const id = '€'.repeat(128);
  say(follow(id), follow(id));
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  assert.equal(code, 4409);
  assert.match(String(reason), /^Subscriber for €+$/);
  assert.ok(reason.length <= 123 && reason.length > 120, `${reason.length} bytes`);
});

const good = sessions.ann.authorization;
const whoAsks: readonly (readonly [what: string, params: object, isKnown: boolean])[] = [
  ['authorization', { authorization: good }, true],
  ['Authorization', { Authorization: good }, true],
  ['AUTHORIZATION', { AUTHORIZATION: good }, true],
  ['the scheme in small letters', { authorization: good.replace('Bearer', 'bearer') }, true],
  ['nothing', {}, false],
  ['an empty text', { authorization: '' }, false],
  ['null', { authorization: null }, false],
  ['a token without its scheme', { authorization: good.replace('Bearer ', '') }, false],
  ['another scheme', { authorization: good.replace('Bearer', 'Token') }, false],
  ['no text', { authorization: [good] }, false],
  ['two names for it', { authorization: good, Authorization: good }, false],
];
for (const [what, params, isKnown] of whoAsks)
  test(`connectionParams with ${what} ${isKnown ? 'tell who asks' : 'do not tell who asks'}`, async () => {
    const { say, hears, end } = await talker(params);
    say(ask('1', '{ wallets { edges { cursor } } }'));
    const { payload } = await hears(({ id }) => id === '1');
    assert.equal(/"unauthenticated"/.test(JSON.stringify(payload)), !isKnown, JSON.stringify(payload));
    await end();
  });

test('a token without its scheme is no token over HTTP either', async () => {
  const query = JSON.stringify({ query: '{ now }' });
  const headers = { authorization: good.replace('Bearer ', '') };
  const answer = await door.send({ path: '/graphql', headers, body: query });
  assert.deepEqual([answer.status, answer.code], [401, 'unauthenticated']);
});

test('errors on a socket say nothing of how HTTP would have told them', async () => {
  const { heard, say, hears, end } = await talker();
  const queries = [
    '{ {',
    '{ nonsense }',
    '{ wallets { edges { cursor } } }',
    'subscription { walletFeed { position } }',
  ];
  say(...queries.map((query, at) => ask(`${at}`, query)));
  for (const at of queries.keys()) await hears(({ id }) => id === `${at}`);
  assert.doesNotMatch(JSON.stringify(heard), /"http"|"status"|"spec"/);
  await end();
});

test('an id is free as soon as its client gives it up, and whatever begins under it ends', async () => {
  // Each of these gives up before it was answered; some of them have begun by then.
  const first = await talker();
  for (let again = 0; again < 4 * FEEDS; again++) {
    first.say(follow('1'), complete('1'));
    if (again % 2 === 0) await pause(1);
  }
  first.say(follow('1'));
  await first.hears(({ type, id }) => type === 'next' && id === '1');
  first.say(follow('2'), complete('1'), ask('1', '{ now }'));
  await first.hears(({ type, id }) => type === 'complete' && id === '1');
  assert.deepEqual(
    first.heard.filter(({ type }) => type === 'error'),
    [],
  );
  await first.end();
  // All the places of this address are free again.
  const second = await talker();
  for (let id = 0; id < FEEDS; id++) second.say(follow(`${id}`));
  for (let id = 0; id < FEEDS; id++) {
    const answer = await second.hears((message) => message.id === `${id}`);
    assert.equal(JSON.stringify(answer).includes('overloaded'), false, JSON.stringify(answer));
  }
  await second.end();
});

test('a socket that closes while operations begin leaves nothing behind', async () => {
  for (let again = 0; again < 10; again++) {
    const { say, end } = await talker();
    for (let id = 0; id < 4 * FEEDS; id++) say(follow(`${id}`));
    if (again % 2 === 0) await pause(1);
    await end();
  }
  const { say, hears, end } = await talker();
  for (let id = 0; id < FEEDS; id++) say(follow(`${id}`));
  for (let id = 0; id < FEEDS; id++) {
    const answer = await hears((message) => message.id === `${id}`);
    assert.equal(JSON.stringify(answer).includes('overloaded'), false, JSON.stringify(answer));
  }
  await end();
  assert.deepEqual(door.errors, []);
});

test('sockets: the platform still serves', async () => {
  assert.equal((await door.send({ method: 'GET', path: '/health/ready' })).status, 200);
  assert.deepEqual(door.errors, []);
});

test('a message that says a name twice is none', async () => {
  const socket = await upgraded(door);
  socket.write(frame(TEXT, INIT));
  socket.write(
    frame(TEXT, '{"type":"subscribe","id":"1","payload":{"query":"{ now }","query":"{ a: now }"}}'),
  );
  let heard = Buffer.alloc(0);
  for await (const chunk of socket) heard = Buffer.concat([heard, chunk as Buffer]);
  assert.equal(goodbye(heard)?.code, 4400);
});

test('a socket that subscribes thousands of times gets as many feeds as it may, and a no for each other', async () => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const noes = new Map<string, string>();
  const wanted = 3_000;
  const all = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    const { type, id, payload } = JSON.parse(String(data)) as { type: string; id: string; payload: object };
    // One that has come beyond its socket's bound by then is told so as the last answer of its feed.
    if (type === 'error' || 'errors' in (payload ?? {})) noes.set(id, JSON.stringify(payload));
    if (noes.size === wanted - FEEDS) all.resolve();
  });
  socket.send(INIT);
  await once(socket, 'message');
  const query = 'subscription { auctionFeed(auctionId: "open-1") { position } }';
  for (let id = 0; id < wanted; id++)
    socket.send(JSON.stringify({ type: 'subscribe', id: `${id}`, payload: { query } }));
  await all.promise;
  for (const no of noes.values()) assert.match(no, /"overloaded"/);
  assert.equal((await door.send({ method: 'GET', path: '/health/ready' })).status, 200);
  socket.terminate();
  await once(socket, 'close');
});
