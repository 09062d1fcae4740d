import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { LotConsigned } from '#domain/auctions/lot/messages.ts';
import { exceeds } from '#read-api/transport/answers.ts';
import { closeReason, storeroom } from '#read-api/transport/outbox.ts';
import { underWay } from '#read-api/transport/under-way.ts';
import { frame, goodbye, handshake, INIT, TEXT } from '../../bad-input/frames.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// Peers that ask and never read, on real connections: what the platform holds for them stays within its limits, which is counted and
// not timed, and each is ended by the platform.

const KIB = 1_024;
const limits = {
  unreadMarkBytes: 64 * KIB,
  unreadBytes: 512 * KIB,
  answerBytes: 256 * KIB,
  answerStallMs: 600,
  operationsPerSocket: 1_000,
};
/** The port's own, later: a socket is closed with its code before it is cut. */
const portLimits = { untakenMs: 1_500, connectionsCheckMs: 100 };
/** What Node reads of a connection at once; what is answered to that may pass the mark. */
const ONE_READ_BYTES = 64 * KIB;
const LOTS = 1_500;
const TEXT_CHARACTERS = 9_000;
const lot = {
  ...{ consignor: 'sam', title: 'A clock', categories: [], pictures: [], currency: 'USD' },
  ...{ estimateLow: 1_00n, estimateHigh: 2_00n, openingBid: 1_00n },
};
let readSide: ReadSide;
before(async () => {
  readSide = await givenReadSide({
    limits,
    portLimits,
    allowedOrigin: (origin) => origin === 'https://console.example',
  });
  const description = 'd'.repeat(TEXT_CHARACTERS);
  const lots = Array.from({ length: LOTS }, (_, at) =>
    LotConsigned({ ...lot, lotId: `l${at}`, description }),
  );
  for (const each of lots) await readSide.append(`lot-${each.data.lotId}`, each);
});
after(() => readSide.close());

async function connected(): Promise<Socket> {
  const socket = connect(Number(new URL(readSide.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A socket that says all this and reads nothing more. */
async function deaf(...messages: readonly string[]): Promise<Socket> {
  const socket = await connected();
  socket.write(handshake());
  await once(socket, 'data');
  socket.pause();
  socket.write(frame(TEXT, INIT));
  for (const message of messages) socket.write(frame(TEXT, message));
  return socket;
}

/** Looks on until the platform has ended every connection; the most that it held meanwhile. */
async function mostHeld(): Promise<number> {
  let most = 0;
  while (readSide.connections() > 0) {
    most = Math.max(most, readSide.unreadBytes());
    await pause(2);
  }
  return most;
}

/** All that had come, now that it is read. */
async function heardBy(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks);
}

test('a socket whose pongs are not read is not read either, and is closed', async () => {
  const ping = JSON.stringify({ type: 'ping', payload: { a: 'x'.repeat(900) } });
  const socket = await deaf(...Array.from({ length: 12_000 }, () => ping));
  const most = await mostHeld();
  assert.ok(most > 0, 'more was answered than the systems take between them');
  assert.ok(most <= limits.unreadMarkBytes + 2 * ONE_READ_BYTES, `${most} bytes`);
  socket.destroy();
});

test('a socket whose answers are not read is closed beyond its bound with 1013', async () => {
  const query = `{ ${['a', 'b'].map((root) => `${root}: lots(first: 10) { edges { node { description } } }`).join(' ')} }`;
  const asked = (id: number) => JSON.stringify({ type: 'subscribe', id: `${id}`, payload: { query } });
  const socket = await deaf(...Array.from({ length: 200 }, (_, id) => asked(id)));
  const [most, heard] = await Promise.all([
    mostHeld(),
    (async () => {
      while (readSide.unreadBytes() < limits.unreadBytes / 2) await pause(1);
      await pause(50);
      return heardBy(socket);
    })(),
  ]);
  assert.ok(most <= limits.unreadBytes + limits.answerBytes, `${most} bytes`);
  assert.deepEqual(goodbye(heard), { code: 1013, reason: 'Answers are not read' });
});

test('a feed by SSE that is not read pulls no more, and its connection is cut', async () => {
  const body = JSON.stringify({ query: 'subscription { events { position event { data } } }' });
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: x',
    'Accept: text/event-stream',
    'Content-Type: application/json',
  ];
  const who = ['Authorization: Bearer ines:investigator', `Content-Length: ${body.length}`];
  const socket = await connected();
  socket.pause();
  socket.write(`${[...head, ...who].join('\r\n')}\r\n\r\n${body}`);
  const most = await mostHeld();
  assert.ok(most <= 2 * limits.unreadMarkBytes, `${most} bytes`);
  const heard = await heardBy(socket);
  assert.ok(heard.length < LOTS * TEXT_CHARACTERS, 'it was cut before its end');
});

test('an answer of too many bytes is refused on every transport', async () => {
  const aliases = Array.from({ length: 20 }, (_, at) => `a${at}: description`).join(' ');
  const query = `{ lots(first: 10) { edges { node { ${aliases} } } } }`;
  const { errors } = await readSide.ask(query);
  assert.equal(errors?.[0]?.extensions.code, 'invalid');
  assert.match(JSON.stringify(errors), /more than 262144 bytes/);
  const socket = await deaf(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
  socket.resume();
  for await (const chunk of socket) if (/more than 262144 bytes/.test(String(chunk))) break;
});

test('a page of another site opens a socket where it is allowed', async () => {
  for (const [origin, status] of [
    ['https://console.example', 101],
    ['https://other.example', 403],
  ] as const) {
    const socket = await connected();
    socket.write(handshake({ headers: { Origin: origin } }));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(String(answer), new RegExp(`^HTTP/1.1 ${status} `));
    socket.destroy();
  }
});

test('the size of an answer is what JSON makes of it, about', () => {
  const answers: readonly unknown[] = [
    null,
    'x'.repeat(1_000),
    { a: { b: ['x'.repeat(500), 'y'.repeat(500)] } },
    Array.from({ length: 300 }, () => 1),
    { a: '€'.repeat(400) },
  ];
  for (const answer of answers) {
    const bytes = Buffer.byteLength(JSON.stringify(answer));
    assert.equal(exceeds(answer, 2 * bytes + 10), false);
    assert.equal(exceeds(answer, bytes / 2 - 10), true);
  }
});

test('a reason is cut behind a whole character', () => {
  assert.equal(closeReason('short'), 'short');
  assert.equal(closeReason('x'.repeat(200)), 'x'.repeat(123));
  assert.equal(closeReason('€'.repeat(100)), '€'.repeat(41));
  assert.equal(closeReason(`xx${'😀'.repeat(100)}`), `xx${'😀'.repeat(30)}`);
});

test('beyond what all sockets may hold, whoever holds the most is cut', () => {
  const cut: string[] = [];
  const holder = (name: string) => ({ terminate: () => void cut.push(name) });
  const [ann, bob, cyd] = [holder('ann'), holder('bob'), holder('cyd')];
  const room = storeroom(100);
  room.holds(ann, 40);
  room.holds(bob, 50);
  room.holds(cyd, 10);
  assert.deepEqual(cut, []);
  room.holds(cyd, 11);
  assert.deepEqual(cut, ['bob']);
  room.holds(ann, 89);
  assert.deepEqual(cut, ['bob']);
  room.holds(ann, 90);
  assert.deepEqual(cut, ['bob', 'ann']);
  room.holds(cyd, 0);
  room.holds(bob, 100);
  assert.deepEqual(cut, ['bob', 'ann']);
});

test('operations count until they have ended, and those under one id follow each other', async () => {
  const told: string[] = [];
  const operations = underWay(2);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const running = operations.begin('1', () => first.promise);
  assert.equal(
    operations.begin('1', async () => undefined),
    'taken',
  );
  operations.complete('1');
  const next = operations.begin('1', () => {
    told.push('begun');
    return second.promise;
  });
  assert.equal(
    operations.begin('2', async () => undefined),
    'too many',
  );
  assert.equal(told.length, 0);
  first.resolve();
  await running;
  await pause(0);
  assert.deepEqual(told, ['begun']);
  operations.complete('1');
  const given = operations.begin('1', async () => void told.push('given up'));
  operations.complete('1');
  second.resolve();
  await Promise.all([next, given]);
  assert.deepEqual(told, ['begun']);
  await operations.begin('1', async () => void told.push('free'));
  assert.deepEqual(told, ['begun', 'free']);
});
