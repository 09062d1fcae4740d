import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as behindAll } from 'node:timers/promises';
import { takeInByTurns } from '#compose/http/intake.ts';
import { afterwards } from '#engines/afterwards.ts';

// Turns in which connections are read: when the loop looks around is up to the test.

const KIB = 1_024;
const SLICE = 2 * KIB;
const SHORT = 16 * KIB;
const LONG = 64 * KIB;
const AT_ONCE = 4;

function given() {
  const looks: (() => void)[] = [];
  const takeIn = takeInByTurns(AT_ONCE, (work) => looks.push(work));
  /** Whose slices were taken in. */
  const taken: string[] = [];
  return {
    taken,
    looks,
    async lookAround() {
      taken.length = 0;
      for (const look of looks.splice(0)) look();
      await behindAll();
    },
    async arrives(name: string, crowd: string = name) {
      const connection = new Readable({ read() {} });
      takeIn(connection, crowd);
      connection.on('data', () => taken.push(name));
      await behindAll();
      return { connection, sends: (bytes: number) => connection.push(Buffer.alloc(bytes)) };
    },
  };
}

test('so many slices are taken in at once, and the rest behind a look at others', async () => {
  const { taken, looks, lookAround, arrives } = given();
  const ann = await arrives('ann');
  assert.equal(ann.sends(6 * SLICE), false, 'whose piece waits is not read any further');
  assert.deepEqual(taken, Array(AT_ONCE).fill('ann'));
  await lookAround();
  assert.deepEqual(taken, ['ann', 'ann']);
  await lookAround();
  assert.deepEqual([taken, looks], [[], []], 'where nobody waits nothing is looked for');
  assert.equal(ann.sends(SLICE), true);
});

test('crowds take turns, whatever each of them sends', async () => {
  const { taken, lookAround, arrives } = given();
  const crowd = await Promise.all(Array.from({ length: 50 }, () => arrives('one of many', 'crowd')));
  const quiet = await arrives('quiet');
  for (const { sends } of crowd) sends(SHORT);
  quiet.sends(100);
  await lookAround();
  assert.deepEqual(taken, ['one of many', 'quiet', 'one of many', 'one of many']);
});

test('within a crowd its connections take turns', async () => {
  const { taken, lookAround, arrives } = given();
  const [ann, bob] = [await arrives('ann', 'home'), await arrives('bob', 'home')];
  ann.sends(SHORT);
  bob.sends(SHORT);
  await lookAround();
  assert.deepEqual(taken, ['ann', 'bob', 'ann', 'bob']);
});

test('a short piece does not wait for long ones, and a long one has a slice in each look', async () => {
  const { taken, lookAround, arrives } = given();
  const [long, short] = [await arrives('long'), await arrives('short')];
  long.sends(LONG);
  short.sends(SHORT);
  await lookAround();
  assert.deepEqual(taken, ['short', 'short', 'short', 'short', 'long']);
});

test('what stands behind the bytes for which somebody is cut off is not heard', async () => {
  const { arrives } = given();
  const { connection, sends } = await arrives('mad');
  let heard = 0;
  connection.on('data', ({ length }: Buffer) => {
    heard += length;
    connection.destroy();
  });
  sends(SHORT);
  assert.ok(heard > 0 && heard < SHORT / 4, `${heard} bytes`);
});

test('what waits of a connection that was destroyed is not taken in; an end comes behind what waits', async () => {
  const { taken, lookAround, arrives } = given();
  const [ann, bob] = [await arrives('ann'), await arrives('bob')];
  ann.sends(SHORT);
  bob.sends(SLICE);
  ann.connection.destroy();
  assert.equal(bob.connection.push(null), false);
  const ended = once(bob.connection, 'end');
  await lookAround();
  assert.deepEqual(taken, ['bob']);
  await ended;
});

test('what many send at once comes whole and in its order', async () => {
  const takeIn = takeInByTurns(AT_ONCE, afterwards);
  const heard: string[] = [];
  const server = createServer((socket) => {
    takeIn(socket, 'all');
    const hash = createHash('sha256');
    socket.on('data', (piece) => void hash.update(piece));
    // Held back now and then by whoever owns it.
    const holding = setInterval(() => (socket.isPaused() ? socket.resume() : socket.pause()), 1);
    socket.once('end', () => {
      clearInterval(holding);
      heard.push(hash.digest('hex'));
      socket.end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const bytes = randomBytes(700_001);
      const socket = connect(port, '127.0.0.1');
      socket.resume().end(bytes);
      await once(socket, 'close');
      return createHash('sha256').update(bytes).digest('hex');
    }),
  );
  server.close();
  assert.deepEqual(heard.toSorted(), sent.toSorted());
});

test('what comes though no more was wanted is taken in behind what waits', async () => {
  const looks: (() => void)[] = [];
  const connection = new Readable({ read() {} });
  takeInByTurns(AT_ONCE, (work) => looks.push(work))(connection, 'all');
  const heard: Buffer[] = [];
  connection.on('data', (piece: Buffer) => heard.push(piece));
  await behindAll();
  // As TLS hands over its records.
  const sent = [randomBytes(6 * SLICE), randomBytes(SHORT), randomBytes(3)];
  for (const piece of sent) connection.push(piece);
  connection.push(null);
  while (looks.length > 0) {
    for (const look of looks.splice(0)) look();
    await behindAll();
  }
  assert.ok(Buffer.concat(heard).equals(Buffer.concat(sent)));
  assert.ok(connection.readableEnded);
});
