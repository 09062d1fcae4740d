import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Reply } from '#domain/kernel/envelope.ts';
import { connected } from '#test/support/transport.ts';
import { until } from '#test/support/until.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { openBells } from '../write-side/rest/bells.ts';

// What the port does with connections: how many it takes and whose, who gives way, and what it does with peers that neither read
// nor hang up.

const accepted: Reply = { outcome: 'accepted', commandId: 'c', stream: 's', position: undefined, events: [] };
const QUICK = { connectionsCheckMs: 50, lingerMs: 100 };

const health = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
const command = (id: string, more = '') =>
  `POST /commands/bells/ring-bell HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nIdempotency-Key: ${id}\r\n` +
  `Content-Type: application/json\r\n${more}Content-Length: 2\r\n\r\n{}`;
const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

interface Peer {
  readonly socket: Socket;
  /** All that has come so far. */
  readonly heard: () => string;
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
}

/** A peer that never hangs up by itself. `from`: another address of this machine. */
async function peer(url: string, from = '127.0.0.1'): Promise<Peer> {
  const port = Number(new URL(url).port);
  const socket = await connected({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve());
  });
  after(() => socket.destroy());
  return { socket, heard: () => heard, ended };
}

const told = (from: Peer, what: RegExp) => until(() => what.test(from.heard()), String(what));

/** A port whose commands are answered when the test says so. */
async function heldBells(options: Parameters<typeof openBells>[1]) {
  const held = Promise.withResolvers<Reply>();
  const bells = await openBells(() => held.promise, options);
  return { ...bells, release: () => held.resolve(accepted) };
}
type Bells = Awaited<ReturnType<typeof openBells>>;

const open = ({ port }: Bells): Promise<number> =>
  new Promise((resolve) => port.server.getConnections((_error, count) => resolve(count)));

test('when the port is full the one that has been idle for the longest time gives way to a new one', async () => {
  const bells = await openBells(() => accepted, { limits: { ...QUICK, connections: 3 } });
  const [first, second, third] = [
    await peer(bells.port.url),
    await peer(bells.port.url),
    await peer(bells.port.url),
  ];
  // The first has asked something since, and so waits for less long than the second.
  first.socket.write(health);
  await told(first, /live/);
  const fourth = await peer(bells.port.url);
  await second.ended;
  for (const left of [first, third, fourth]) left.socket.write(health);
  await told(third, /live/);
  await told(fourth, /live/);
  await until(() => first.heard().split('"live"').length === 3, 'the first is answered again');
});

test("one that has gone before it is accepted takes nobody's place", async () => {
  const bells = await openBells(() => accepted, { limits: { ...QUICK, connections: 2 } });
  const quiet = await peer(bells.port.url);
  const done = new Int32Array(new SharedArrayBuffer(4));
  const coming = new Worker(new URL('come-and-go.ts', import.meta.url), {
    workerData: { port: Number(new URL(bells.port.url).port), times: 40, done },
  });
  await once(coming, 'online');
  // Nothing is accepted while this thread stands still.
  assert.equal(Atomics.wait(done, 0, 0, 30_000), 'ok');
  await once(coming, 'exit');
  quiet.socket.write(health);
  await told(quiet, /live/);
  await until(async () => (await open(bells)) === 1, 'nothing is kept of them');
});

test('a connection with a request under way, or that was upgraded, never gives way', async () => {
  const bells = await heldBells({ limits: { ...QUICK, connections: 2 } });
  bells.port.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  });
  const [busy, upgraded] = [await peer(bells.port.url), await peer(bells.port.url)];
  busy.socket.write(command('one'));
  upgraded.socket.write(upgrade);
  await told(upgraded, /101/);
  await until(() => bells.asked.length === 1, 'the command is under way');
  for (let more = 0; more < 5; more++) {
    const late = await peer(bells.port.url);
    await told(late, /^HTTP\/1\.1 503 overloaded\r\n[\s\S]*Retry-After: \d+\r\n[\s\S]*"code":"overloaded"/);
    await late.ended;
  }
  bells.release();
  await told(busy, /^HTTP\/1\.1 200/);
  assert.equal(upgraded.socket.destroyed, false);
});

test('one address takes no more than its part of the port, and others are served', async () => {
  const bells = await heldBells({ limits: { ...QUICK, connections: 20, connectionsPerAddress: 4 } });
  const greedy = await Promise.all(Array.from({ length: 4 }, () => peer(bells.port.url)));
  for (const [at, { socket }] of greedy.entries()) socket.write(command(`c${at}`));
  await until(() => bells.asked.length === 4, 'all of them are busy');
  const fifth = await peer(bells.port.url);
  await told(fifth, /^HTTP\/1\.1 429 overloaded/);
  const other = await peer(bells.port.url, '127.0.0.2');
  other.socket.write(health);
  await told(other, /live/);
  bells.release();
});

test('silent connections do not take the port, from however many addresses they come', async () => {
  const most = 60;
  const bells = await openBells(() => accepted, {
    limits: { ...QUICK, connections: most, connectionsPerAddress: 20 },
  });
  const silent: Peer[] = [];
  for (let one = 0; one < 3 * most; one++) {
    silent.push(await peer(bells.port.url, `127.0.1.${1 + (one % 9)}`));
    if (one % 10 > 0) continue;
    const polite = await peer(bells.port.url, '127.0.0.2');
    polite.socket.write(health);
    await told(polite, /^HTTP\/1\.1 200/);
  }
  assert.ok((await open(bells)) <= most, 'and no more are kept than may be');
  for (const { socket } of silent) socket.destroy();
});

describe('a connection is closed behind its last answer, whether its peer hangs up or not', {
  concurrency: true,
}, () => {
  const lasts: readonly (readonly [what: string, bytes: string, status: number])[] = [
    ['CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n', 501],
    [
      'CONNECT with a body that does not come',
      'CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n',
      501,
    ],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a header that does not end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 431],
    ['half a request', 'GET / HTTP/1.1\r\n', 408],
    ['half a body', command('half').slice(0, -1), 408],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: the-worst\r\n\r\n', 417],
    [
      'a body that is too large',
      command('c').replace('Content-Length: 2', `Content-Length: ${BODY_BYTES + 1}`),
      413,
    ],
  ];
  for (const [what, bytes, status] of lasts)
    test(`${what}: ${status}`, async () => {
      // Only who is to be too late has little time.
      const limits = { ...QUICK, ...(status === 408 && { headersTimeoutMs: 300, requestTimeoutMs: 300 }) };
      const bells = await openBells(() => accepted, { limits });
      const caller = await peer(bells.port.url);
      caller.socket.write(bytes);
      await caller.ended;
      assert.match(caller.heard(), new RegExp(`^HTTP/1\\.1 ${status} `));
      await until(async () => (await open(bells)) === 0, 'the server has let go of it');
      assert.deepEqual(bells.reported, []);
    });
});

test('requests that are sent without waiting are done one after another', async () => {
  let inside = 0;
  const bells = await openBells(async () => {
    assert.equal(++inside, 1, 'no other is under way');
    await pause(5);
    inside -= 1;
    return accepted;
  });
  const caller = await peer(bells.port.url);
  caller.socket.write(Array.from({ length: 20 }, (_, at) => command(`c${at}`)).join(''));
  await until(() => caller.heard().split('HTTP/1.1 200').length === 21, 'all are answered');
  assert.deepEqual(
    bells.asked.map(({ commandId }) => commandId),
    Array.from({ length: 20 }, (_, at) => `c${at}`),
  );
});

test('nothing is done behind an answer that was the last', async () => {
  const bells = await openBells(() => accepted);
  const caller = await peer(bells.port.url);
  caller.socket.write(command('one', 'Connection: close\r\n') + command('two'));
  await caller.ended;
  assert.equal(caller.heard().split('HTTP/1.1 200').length, 2);
  assert.deepEqual(
    bells.asked.map(({ commandId }) => commandId),
    ['one'],
  );
});

for (const [what, breach, status] of [
  ['no HTTP', 'nonsense\r\n\r\n', 400],
  ['an expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: the-worst\r\n\r\n', 417],
  ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 501],
] as const)
  test(`what is owed is answered before a breach that comes behind it: ${what}`, async () => {
    const bells = await heldBells({ limits: QUICK });
    const caller = await peer(bells.port.url);
    caller.socket.write(command('one') + breach);
    await until(() => bells.asked.length === 1, 'the command is under way');
    // The breach came in the same bytes, and an answer to another connection is behind it.
    await fetch(`${bells.port.url}/health/live`);
    assert.equal(caller.heard(), '');
    bells.release();
    await caller.ended;
    assert.match(caller.heard(), new RegExp(`^HTTP/1\\.1 200 [^]*HTTP/1\\.1 ${status} [^]*"code":"invalid"`));
  });

test('an upgrade behind a request that is owed an answer is a request like any other', async () => {
  const bells = await heldBells({ limits: QUICK });
  bells.port.server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 Too Early\r\n\r\n'));
  const caller = await peer(bells.port.url);
  caller.socket.write(command('one') + upgrade);
  await until(() => bells.asked.length === 1, 'the command is under way');
  bells.release();
  await told(caller, /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 404 /);
});

test('whoever sends more without waiting than may wait is cut off', async () => {
  const bells = await heldBells({ limits: { ...QUICK, pipelinedRequests: 8 } });
  const caller = await peer(bells.port.url);
  caller.socket.write(Array.from({ length: 2_000 }, (_, at) => command(`c${at}`)).join(''));
  await caller.ended;
  assert.equal(caller.heard(), '');
  assert.ok(bells.asked.length <= 1, 'and no more than the first was begun');
  bells.release();
});

test('answers that nobody reads are made no faster than they are taken, and their connection ends', async () => {
  const long: Reply = { ...accepted, stream: 's'.repeat(1024 * 1024) };
  const bells = await openBells(() => long, { limits: { ...QUICK, untakenMs: 300 } });
  const caller = await peer(bells.port.url);
  caller.socket.pause();
  caller.socket.write(Array.from({ length: 60 }, (_, at) => command(`c${at}`)).join(''));
  await until(async () => (await open(bells)) === 0, 'it is cut off');
  // As many as two kernels keep for a connection, and one that waits here.
  assert.ok(bells.asked.length < 30, `${bells.asked.length} of 60 answers were made`);
});

test('all that waits to be read is bounded together, and those for whom most waits are cut off', async () => {
  const limits = { ...QUICK, untakenBytes: 1_000_000 };
  const bells = await openBells(() => accepted, { limits });
  bells.port.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.write(Buffer.alloc(Number(_request.headers['x-bytes'])));
  });
  const asking = async (bytes: number) => {
    const one = await peer(bells.port.url);
    one.socket.write(upgrade.replace('Host: x', `Host: x\r\nX-Bytes: ${bytes}`));
    one.socket.pause();
    return one;
  };
  const little = await asking(10);
  // Far more than a kernel takes on its own account.
  const much = await asking(64 * 1024 * 1024);
  await until(async () => (await open(bells)) === 1, 'the one for whom most waits is cut off');
  much.socket.destroy();
  little.socket.resume();
  await told(little, /101/);
});

describe('behind a trusted proxy', () => {
  const proxies = ['127.0.0.7'];
  const through = (address: string, id: string) => command(id, `X-Forwarded-For: ${address}\r\n`);

  test('its connections are nobody’s own, and requests count for whom they are brought', async () => {
    const bells = await heldBells({ limits: { ...QUICK, connectionsPerAddress: 2 }, proxies });
    const carried = await Promise.all(Array.from({ length: 6 }, () => peer(bells.port.url, '127.0.0.7')));
    const [one, two, three, four, five, six] = carried as [Peer, Peer, Peer, Peer, Peer, Peer];
    one.socket.write(through('198.51.100.1', 'a'));
    two.socket.write(through('198.51.100.1', 'b'));
    await until(() => bells.asked.length === 2, 'both are under way');
    three.socket.write(through('198.51.100.1', 'c'));
    await told(three, /^HTTP\/1\.1 429 [\s\S]*Retry-After: 1\r\n[\s\S]*"overloaded"/);
    four.socket.write(through('198.51.100.2', 'd'));
    five.socket.write(through('2001:db8::1', 'e'));
    await until(() => bells.asked.length === 4, 'others are let in');
    assert.deepEqual(
      bells.asked.map(({ origin }) => origin.address),
      ['198.51.100.1', '198.51.100.1', '198.51.100.2', '2001:db8::1'],
    );
    bells.release();
    await told(one, /^HTTP\/1\.1 200/);
    six.socket.write(through('198.51.100.1', 'f'));
    await until(() => bells.asked.length === 5, 'and who has been answered may ask again');
  });

  test('what others say of themselves counts for nothing', async () => {
    const bells = await openBells(() => accepted, { proxies });
    const forger = await peer(bells.port.url, '127.0.0.8');
    forger.socket.write(through('198.51.100.1', 'a'));
    await told(forger, /^HTTP\/1\.1 200/);
    assert.equal(bells.asked[0]?.origin.address, '127.0.0.8');
  });
});

test('one person has no more under way than a person may, on however many connections', async () => {
  const bells = await heldBells({ personal: 3 });
  const callers = await Promise.all(Array.from({ length: 4 }, () => peer(bells.port.url)));
  for (const [at, { socket }] of callers.slice(0, 3).entries()) socket.write(command(`c${at}`));
  await until(() => bells.asked.length === 3, 'three are under way');
  const last = callers[3] as Peer;
  last.socket.write(command('c3'));
  await told(last, /^HTTP\/1\.1 429 [\s\S]*Retry-After: 1\r\n[\s\S]*"overloaded"/);
  bells.release();
  await told(callers[0] as Peer, /^HTTP\/1\.1 200/);
  const again = await peer(bells.port.url);
  again.socket.write(command('c3'));
  await told(again, /^HTTP\/1\.1 200/);
});
