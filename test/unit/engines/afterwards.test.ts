import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setImmediate as look } from 'node:timers/promises';
import { afterwards, arrived } from '#engines/afterwards.ts';

// On the real loop: what is due waits for connections that arrive, and not for ever.

test('what is due is done behind the next look where nobody arrives', async () => {
  const done: string[] = [];
  afterwards(() => void done.push('a'));
  afterwards(() => void done.push('b'));
  assert.deepEqual(done, []);
  await look();
  assert.deepEqual(done, ['a', 'b']);
});

test('what becomes due meanwhile waits for the look behind', async () => {
  const done: string[] = [];
  afterwards(() => {
    done.push('a');
    afterwards(() => void done.push('b'));
  });
  await look();
  assert.deepEqual(done, ['a']);
  await look();
  assert.deepEqual(done, ['a', 'b']);
});

test('while somebody arrives in each look it waits, for a bounded number of looks and a bounded time', async () => {
  let done = false;
  afterwards(() => {
    done = true;
  });
  let looks = 0;
  for (; !done && looks < 1_000; looks++) {
    arrived();
    await look();
  }
  assert.ok(looks > 1 && looks < 256, `${looks} looks`);
  const slow = Promise.withResolvers<void>();
  afterwards(() => slow.resolve());
  for (let at = 0; at < 3; at++) {
    arrived();
    // A look that takes long is not taken for one of many short ones.
    for (const end = performance.now() + 30; performance.now() < end; );
    await look();
  }
  const isDone = await Promise.race([slow.promise.then(() => true), look(false)]);
  assert.ok(isDone, 'time is up after the first of them');
});

test('connections that wait are taken before the next turn', async () => {
  const server = createServer(arrived);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  let taken = 0;
  server.on('connection', (socket) => {
    taken += 1;
    socket.destroy();
  });
  const peers = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  let turns = 0;
  while (taken < peers.length && turns < 1_000) {
    turns += 1;
    await new Promise<void>((resolve) => void afterwards(resolve));
  }
  assert.ok(turns < peers.length / 2, `${turns} turns for ${peers.length} connections`);
  server.close();
});
