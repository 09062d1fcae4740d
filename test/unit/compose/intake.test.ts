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
const LONG = 64 * KIB;
const SHORT = 16 * KIB;

function given(bytesAtOnce = LONG) {
  const looks: (() => void)[] = [];
  const takeIn = takeInByTurns(bytesAtOnce, (work) => looks.push(work));
  const taken: string[] = [];
  return {
    taken,
    looks,
    async lookAround() {
      for (const look of looks.splice(0)) look();
      await behindAll();
    },
    async arrives(name: string, crowd: string = 'all') {
      const connection = new Readable({ read() {} });
      takeIn(connection, crowd);
      connection.on('data', () => {
        if (taken.at(-1) !== name) taken.push(name);
      });
      await behindAll();
      return {
        connection,
        sends: (bytes: number) => connection.push(Buffer.alloc(bytes)),
      };
    },
  };
}

async function settled(names: readonly string[]) {
  const port = given();
  return { ...port, senders: await Promise.all(names.map((name) => port.arrives(name))) };
}

test('pieces beyond what is taken in at once wait for the next look around, in their order', async () => {
  const { taken, lookAround, looks, senders } = await settled(['ann', 'bob', 'cyd', 'dan']);
  const said = senders.map(({ sends }) => sends(LONG));
  assert.deepEqual(said, [true, false, false, false], 'whose piece waits is not read any further');
  assert.deepEqual(taken, ['ann']);
  await lookAround();
  assert.deepEqual(taken, ['ann', 'bob']);
  await lookAround();
  await lookAround();
  assert.deepEqual(taken, ['ann', 'bob', 'cyd', 'dan']);
  await lookAround();
  assert.deepEqual(looks, [], 'where nobody waits nothing is looked for');
});

test('a short piece does not wait for long ones, and long ones do not wait for ever', async () => {
  const { taken, lookAround, senders, arrives } = await settled(['ann', 'bob']);
  for (const { sends } of senders) sends(LONG);
  const quick = await arrives('quick');
  quick.sends(100);
  assert.deepEqual(taken, ['ann']);
  await lookAround();
  assert.deepEqual(taken, ['ann', 'quick', 'bob']);
  for (const { sends } of senders) sends(LONG);
  const crowd = await Promise.all(Array.from({ length: 100 }, () => arrives('crowd')));
  for (const { sends } of crowd) sends(8 * KIB);
  taken.length = 0;
  await lookAround();
  assert.ok(taken.includes('ann'), 'one of them has its turn with the first of the crowd');
  assert.ok(taken.length < 60, 'and the rest of the crowd waits');
});

test('small pieces count for more than their bytes', async () => {
  const { taken, senders } = await settled(Array.from({ length: 100 }, (_, at) => `${at}`));
  for (const { sends } of senders) sends(10);
  assert.equal(taken.length, 16);
});

test('crowds take turns, whatever each of them sends', async () => {
  const { taken, lookAround, arrives } = given();
  const crowd = await Promise.all(Array.from({ length: 50 }, (_, at) => arrives(`${at}`, 'crowd')));
  const quiet = await arrives('quiet', 'home');
  for (const { sends } of crowd) sends(SHORT);
  quiet.sends(100);
  taken.length = 0;
  await lookAround();
  assert.ok(taken.includes('quiet'));
  assert.ok(taken.length < 10, 'and most of the crowd waits');
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

test('a piece of a connection that was destroyed meanwhile is not taken in; an end is', async () => {
  const { taken, lookAround, senders } = await settled(['ann', 'bob', 'cyd']);
  for (const { sends } of senders) sends(LONG);
  const [, bob, cyd] = senders;
  bob?.connection.destroy();
  await lookAround();
  await lookAround();
  assert.deepEqual(taken, ['ann', 'cyd']);
  cyd?.connection.push(null);
  await once(cyd?.connection as Readable, 'end');
});

test('what many send at once comes whole and in its order', async () => {
  const takeIn = takeInByTurns(LONG, afterwards);
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
