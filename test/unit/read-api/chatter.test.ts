import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { inTurn } from '#read-api/transport/persons.ts';
import { givenReadSide } from '../../support/read-side.ts';

// What is said on a socket beside its operations costs something too, beyond what keeps a connection.

const FREE = 5;
const POINTS = 20;
const SUBSCRIPTION = 'subscription { events { position } }';
const json = (message: object) => JSON.stringify(message);

async function greeted(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  after(() => socket.terminate());
  await once(socket, 'open');
  socket.send(json({ type: 'connection_init', payload: { authorization: 'Bearer ines:investigator' } }));
  await once(socket, 'message');
  return socket;
}

/** Each floods by what no operation is. */
const floods: Readonly<Record<string, (socket: WebSocket) => void>> = {
  'messages `ping`': (socket) => socket.send(json({ type: 'ping' })),
  'messages `pong`': (socket) => socket.send(json({ type: 'pong' })),
  'messages `complete`': (socket) => socket.send(json({ type: 'complete', id: 'x' })),
  'frames that ping': (socket) => socket.ping(),
  'frames that pong': (socket) => socket.pong(),
  'operations beyond those that may be under way': (socket) =>
    socket.send(json({ type: 'subscribe', id: `${Math.random()}`, payload: { query: SUBSCRIPTION } })),
};
for (const [what, say] of Object.entries(floods))
  test(`a socket that floods by ${what} is closed once its network has no points left`, async () => {
    const readSide = await givenReadSide({
      perAddress: POINTS,
      limits: { chatterMessages: FREE, operationsPerSocket: 1 },
    });
    try {
      const socket = await greeted(readSide.socketUrl);
      const closed = once(socket, 'close');
      for (let at = 0; at < FREE + POINTS + 5; at++) say(socket);
      const [code, reason] = await closed;
      assert.deepEqual([code, String(reason)], [1008, 'Too many messages for the rate of this network']);
      assert.deepEqual(readSide.errors, []);
    } finally {
      await readSide.close();
    }
  });

test('what keeps a connection costs nothing, and each message beyond it one point', async () => {
  const readSide = await givenReadSide({ perAddress: POINTS, limits: { chatterMessages: FREE } });
  const left = async () => {
    const response = await fetch(readSide.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // Two roots, of which one is paid when it is weighed.
      body: json({ query: '{ a: now b: now }' }),
    });
    return Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);
  };
  try {
    const socket = await greeted(readSide.socketUrl);
    const pongs = async (count: number) => {
      for (let at = 0; at < count; at++) {
        socket.send(json({ type: 'ping' }));
        await once(socket, 'message');
      }
    };
    const before = await left();
    // The greeting was one of them.
    await pongs(FREE - 1);
    assert.equal(await left(), before - 1, 'the question itself');
    await pongs(3);
    assert.equal(await left(), before - 2 - 3);
  } finally {
    await readSide.close();
  }
});

test('whoever has not signed in waits for their turn with everybody of their network', async () => {
  const owners = new Set<string>();
  const quota = {
    ...{ name: 'q', points: 1, windowSeconds: 60 },
    spend: async () => ({ isGranted: true, left: 1, endsInMs: 1 }),
  };
  const turns = {
    async take(owner: string) {
      owners.add(owner);
      return () => undefined;
    },
    owners: () => 0,
  };
  const plugin = inTurn(
    { perPerson: turns, quotas: { perAddress: quota, perPerson: quota } },
    (error) => error as never,
    () => ({ places: 1, points: 1 }),
  );
  let run: (args: object) => unknown = () => undefined;
  const executing = {
    executeFn: () => ({ data: {} }),
    setExecuteFn: (execute: typeof run) => {
      run = execute;
    },
  };
  await plugin.onExecute?.(executing as never);
  for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:9::1', '2001:db8:0:1::1', '192.0.2.1'])
    await run({ contextValue: { viewer: { origin: { channel: 'websocket', address } }, caller: {} } });
  assert.deepEqual([...owners].sort(), [
    'address 192.0.2.1',
    'address 2001:db8:0:0::/64',
    'address 2001:db8:0:1::/64',
  ]);
});
