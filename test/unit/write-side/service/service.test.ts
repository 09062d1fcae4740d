import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { SignJWT } from 'jose';
import type { Envelope, Reply } from '#domain/kernel/envelope.ts';
import { instant, later } from '#domain/kernel/instant.ts';
import { event, type Rejection } from '#domain/kernel/message.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { systemClock } from '#engines/clock/system.ts';
import { NotOursError, serviceClient } from '#engines/service/client.ts';
import { remoteDispatch } from '#engines/service/dispatch.ts';
import { serviceTokens } from '#engines/service/tokens.ts';
import { serviceLimits, servicePaths } from '#runtime/service/limits.ts';
import { replyText } from '#runtime/service/messages.ts';
import { recorded } from '#test/support/given.ts';
import { seededIds } from '#test/support/seeded.ts';
import { dispatchRoutes } from '#write-side/service/dispatch.ts';
import { openBells, registry, rungAs, TooSoft } from '../rest/bells.ts';

// A role's way to the process that decides, from its one end to the other over a real port.

const clock = systemClock();
const newId = seededIds(clock, 1);
const key = new Uint8Array(32).fill(7);
const history = 'h1';
const tokens = serviceTokens({ key, history, clock });

const envelope: Envelope = {
  command: 'RingBell',
  data: { bell: '1', fee: { amount: '5', currency: 'USD' } },
  commandId: 'c1',
  actor: { id: 'ann', roles: ['bidder'], reputation: 3 },
  onBehalfOf: 'bob',
  correlationId: 'why',
  causationId: 'because',
  origin: { channel: 'graphql', address: '192.0.2.7' },
};
const rung = rungAs({
  by: 'ann',
  fee: { amount: 9_007_199_254_740_993n, currency: 'USD' },
  whisper: 'psst',
  heard: { from: [{ name: 'bob', whisper: 'ding' }] },
});
const accepted: Reply = {
  ...{ outcome: 'accepted', commandId: 'c1', stream: 'bell-1', position: 2n ** 63n },
  ...{ events: [rung], decision: rung },
};
const answering = (rejection: Rejection): Reply => ({
  ...{ outcome: 'rejected', commandId: 'c1', rejection, position: 7n, events: [rung] },
});

function clientAt(
  url: string,
  token: () => Promise<string> = tokens.issue,
  lives: 'system' | 'simulated' = 'system',
) {
  const client = serviceClient({ url, token, clock, lives });
  after(client.close);
  return client;
}

/** What is logged, as one text. */
function logged() {
  const lines: string[] = [];
  const keep = (about: object, message: string) =>
    void lines.push(
      JSON.stringify({ about, message }, (_, value) =>
        value instanceof Error ? String(value.stack) : value,
      ),
    );
  return { log: { info: keep, warn: keep, error: keep }, text: () => lines.join('\n') };
}

async function openService(answer: (envelope: Envelope) => Reply | Promise<Reply>) {
  const asked: Envelope[] = [];
  const dispatch = async (one: Envelope): Promise<Reply> => {
    asked.push(one);
    return answer(one);
  };
  const { port } = await openBells(() => assert.fail('not by this way'), {
    more: [dispatchRoutes({ registry, dispatch, knows: tokens.verify, lives: 'system' })],
  });
  const told = logged();
  const send = remoteDispatch({ client: clientAt(port.url), registry, newId, log: told.log });
  return { url: port.url, asked, send, told };
}

const codeOf = (reply: Reply): string =>
  reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;

test('a command arrives as it was sent, and its answer as it was given: amounts, secrets, positions', async () => {
  const pending: Reply = {
    outcome: 'pending',
    commandId: 'c1',
    stream: 'bell-1',
    position: 1n,
    events: [rung],
  };
  const nothing: Reply = {
    outcome: 'accepted',
    commandId: 'c1',
    stream: 'bell-1',
    position: undefined,
    events: [],
  };
  const least = { amount: 12n, currency: 'USD' } as const;
  const refused = answering(TooSoft({ least, heard: { from: [{ name: 'bob', whisper: 'ding' }] } }));
  // As another version has recorded it, whose catalogue had other details.
  const old: Rejection = {
    rejected: true,
    code: 'too_soft',
    message: 'Louder.',
    details: { decibels: '12' },
  };
  const unknown: Rejection = { rejected: true, code: 'gone_since', message: 'No more.', details: { at: 1 } };
  for (const reply of [accepted, pending, nothing, refused, answering(old), answering(unknown)]) {
    const { send, asked } = await openService(() => reply);
    assert.deepEqual(await send(envelope), reply);
    assert.deepEqual(asked, [envelope]);
  }
});

test('an event of an older version is told as it was lifted, and keeps the version that was recorded', async () => {
  const Moved = event('Moved', {
    ...{ version: 2, description: 'It moved.', data: rung.data && ({} as never) },
    upcasts: { 1: (data) => data },
  });
  const known = registryOf([{ name: 'moves', description: 'Moves.', events: [Moved], commands: [] }]);
  const moved = recorded({ type: 'Moved', data: {} }, {}, { version: 1 });
  const reply: Reply = { ...accepted, events: [moved], decision: moved } as Reply;
  const { port } = await openBells(() => reply, {
    more: [
      dispatchRoutes({ registry: known, dispatch: async () => reply, knows: tokens.verify, lives: 'system' }),
    ],
  });
  const { log } = logged();
  const send = remoteDispatch({ client: clientAt(port.url), registry: known, newId, log });
  assert.deepEqual(await send(envelope), reply);
  // Whoever knows less than the write side cannot tell what was done, and does not say that nothing was.
  const older = remoteDispatch({ client: clientAt(port.url), registry, newId, log });
  assert.equal(codeOf(await older(envelope)), 'unavailable');
});

test('only who holds the key is let in, for a minute, and no token stands in the log', async () => {
  const { url, asked } = await openService(() => accepted);
  const other = serviceTokens({ key: new Uint8Array(32).fill(8), history, clock });
  const elsewhere = serviceTokens({ key, history: 'h2', clock });
  const past = { now: () => later(clock.now(), -2 * serviceLimits.tokenMs) };
  const stale = serviceTokens({ key, history, clock: past });
  const unsigned = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${(await tokens.issue()).split('.')[1]}.`;
  const forOthers = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(key);
  const issued = [await other.issue(), await elsewhere.issue(), await stale.issue()];
  for (const bad of [...issued, unsigned, forOthers, 'x'.repeat(5_000)]) {
    const told = logged();
    const client = clientAt(url, async () => bad);
    const reply = await remoteDispatch({ client, registry, newId, log: told.log })(envelope);
    assert.equal(codeOf(reply), 'unavailable');
    assert.match(told.text(), /SERVICE_KEY_FILE/);
    const { state, lastError } = client.standing();
    assert.equal(state, 'down');
    assert.match(lastError?.message ?? '', /^http:.*SERVICE_KEY_FILE or the history of DATA_DIR/);
    assert.ok(!told.text().includes(bad) && !lastError?.message.includes(bad));
  }
  const bare = await fetch(`${url}/dispatch`, { method: 'POST', body: '{}' });
  assert.equal(bare.status, 401);
  assert.deepEqual(asked, []);
});

test('what is no envelope, or too large, is refused, and a role that sends it hears that it is its fault', async () => {
  const { url, asked, send, told } = await openService(() => accepted);
  const headers = { authorization: `Bearer ${await tokens.issue()}`, 'content-type': 'application/json' };
  const post = (body: string) => fetch(`${url}/dispatch`, { method: 'POST', headers, body });
  assert.equal((await post('{"command":1}')).status, 400);
  assert.equal((await post(JSON.stringify({ ...envelope, more: 1 }))).status, 400);
  assert.equal((await post(`"${'x'.repeat(serviceLimits.requestBytes)}"`)).status, 413);
  assert.equal((await fetch(`${url}/dispatch`, { headers })).status, 405);
  assert.equal(codeOf(await send({ ...envelope, data: 'x'.repeat(serviceLimits.requestBytes) })), 'internal');
  assert.equal(codeOf(await send({ ...envelope, data: 1n })), 'internal');
  assert.match(told.text(), /413/);
  assert.deepEqual(asked, []);
});

test('whoever would be let in is told so, and nobody else is', async () => {
  const { url, asked } = await openService(() => accepted);
  const client = clientAt(url);
  assert.deepEqual(await client.ask(servicePaths.greeting, '{}', 1_000), {
    status: 200,
    body: { clock: 'system' },
  });
  assert.equal(client.standing().state, 'up');
  const stranger = clientAt(url, async () => 'x');
  await assert.rejects(stranger.ask(servicePaths.greeting, '{}', 1_000), NotOursError);
  assert.equal(stranger.standing().state, 'down');
  assert.deepEqual(asked, []);
});

test('a role that lives by another clock says so, and sends nothing until both live by the same', async () => {
  let lives: string | undefined = 'simulated';
  let sent = 0;
  const url = await openSocket((socket) =>
    socket.on('data', (data) => {
      const isGreeting = String(data).startsWith(`POST ${servicePaths.greeting} `);
      if (!isGreeting) sent += 1;
      const body = JSON.stringify(isGreeting ? { clock: lives } : JSON.parse(replyText(registry, accepted)));
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    }),
  );
  const client = clientAt(url);
  const { log } = logged();
  const send = remoteDispatch({ client, registry, newId, log });
  await assert.rejects(client.greet(1_000), NotOursError);
  assert.equal(codeOf(await send(envelope)), 'unavailable');
  assert.equal(sent, 0);
  const { state, lastError } = client.standing();
  assert.equal(state, 'down');
  assert.match(lastError?.message ?? '', /: CLOCK is simulated there and system here/);
  assert.doesNotMatch(lastError?.message ?? '', /SERVICE_URL/);
  // One of an older version says nothing of it.
  for (const same of ['system', undefined]) {
    lives = same;
    await client.greet(1_000);
    assert.equal(codeOf(await send(envelope)), 'accepted');
    assert.equal(client.standing().state, 'up');
  }
});

test('what answers and is no write side is named for that: nothing was taken in, and the command may come again', async () => {
  const { port } = await openBells(() => assert.fail('not by this way'), {});
  const page = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>';
  const html = await openSocket((socket) => socket.once('data', () => socket.end(page)));
  for (const url of [port.url, html]) {
    const { log } = logged();
    const client = clientAt(url);
    const reply = await remoteDispatch({ client, registry, newId, log })(envelope);
    assert.equal(codeOf(reply), 'unavailable', url);
    const { state, lastError } = client.standing();
    assert.equal(state, 'down', url);
    assert.match(
      lastError?.message ?? '',
      /^http:.* answers \d+ as no write side of this version does: SERVICE_URL .*, or it is of an older one/,
    );
  }
});

/** A port that does with connections what it is told. */
async function openSocket(met: (socket: Socket, connection: number) => void): Promise<string> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    connections += 1;
    met(socket, connections);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a write side that is away, hangs or breaks off leaves it open what was done, within its time', async () => {
  const ways = {
    hangs: await openSocket(() => undefined),
    'breaks off': await openSocket((socket) => socket.once('data', () => socket.destroy())),
    'breaks off in the midst': await openSocket((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"outcome')),
    ),
    'answers nonsense': await openSocket((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')),
    ),
    'is not there': 'http://127.0.0.1:1',
  };
  for (const [way, url] of Object.entries(ways)) {
    const client = clientAt(url);
    const { log } = logged();
    const reply = await remoteDispatch({ client, registry, newId, log, withinMs: 300 })(envelope);
    assert.ok(reply.outcome === 'rejected' && reply.rejection.code === 'unavailable', way);
    assert.deepEqual(reply.rejection.details, { retryAfterMs: serviceLimits.retryAfterMs }, way);
    if (way !== 'answers nonsense') {
      assert.equal(client.standing().state, 'down', way);
      assert.match(client.standing().lastError?.message ?? '', /^http:/, way);
    }
  }
});

test('a kept connection that was closed there meanwhile is no failure: it is sent once more', async () => {
  const body = '{"outcome":"accepted","commandId":"c1","stream":"bell-1","position":null,"events":[]}';
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`;
  const asked: number[] = [];
  const url = await openSocket((socket, connection) => {
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      asked.push(connection);
      if (requests === 1) socket.write(answer);
      else socket.resetAndDestroy();
    });
  });
  const { log } = logged();
  const send = remoteDispatch({ client: clientAt(url), registry, newId, log });
  assert.equal(codeOf(await send(envelope)), 'accepted');
  assert.equal(codeOf(await send(envelope)), 'accepted');
  assert.deepEqual(asked, [1, 1, 2]);
});

test('where one connection falls silent for good, none of those that were kept beside it is waited for', async () => {
  const body = '{"outcome":"accepted","commandId":"c1","stream":"bell-1","position":null,"events":[]}';
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`;
  const KEPT = 5;
  let asked = 0;
  // As behind a machine that is gone without a word: nothing comes back, not even that nobody is there.
  const url = await openSocket((socket, connection) =>
    socket.on('data', () => {
      asked += 1;
      if (asked <= KEPT || connection > KEPT) setTimeout(() => socket.write(answer), 20);
    }),
  );
  const { log } = logged();
  const send = remoteDispatch({ client: clientAt(url), registry, newId, log, withinMs: 500 });
  const first = await Promise.all(Array.from({ length: KEPT }, () => send(envelope)));
  assert.deepEqual(new Set(first.map(codeOf)), new Set(['accepted']));
  const then = [codeOf(await send(envelope)), codeOf(await send(envelope)), codeOf(await send(envelope))];
  assert.deepEqual(then, ['unavailable', 'accepted', 'accepted']);
});

test('a port that turns away, or too much under way from here, says that nothing was done', async () => {
  const body = JSON.stringify({ code: 'overloaded', message: '', details: { retryAfterMs: 1 } });
  const url = await openSocket((socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 503 No\r\nContent-Length: ${body.length}\r\n\r\n${body}`)),
  );
  const { log } = logged();
  const send = remoteDispatch({ client: clientAt(url), registry, newId, log });
  assert.equal(codeOf(await send(envelope)), 'overloaded');
  const hanging = remoteDispatch({
    ...{ client: clientAt(await openSocket(() => undefined)), registry, newId, log, withinMs: 500 },
  });
  const replies = await Promise.all(
    Array.from({ length: serviceLimits.underWay + 1 }, () => hanging(envelope)),
  );
  assert.deepEqual(replies.map(codeOf).filter((code) => code === 'overloaded').length, 1);
});

test('a token is used for half its time, and not where the clock was set back', async () => {
  let now = instant(Date.UTC(2026, 0, 1));
  const made = serviceTokens({ key, history, clock: { now: () => now } });
  const first = await made.issue();
  assert.equal(await made.issue(), first);
  now = later(now, serviceLimits.tokenMs / 2);
  const second = await made.issue();
  assert.notEqual(second, first);
  assert.ok(await made.verify(first));
  now = later(now, serviceLimits.tokenMs + serviceLimits.clockDifferenceMs);
  assert.equal(await made.verify(first), false);
  now = instant(Date.UTC(2025, 0, 1));
  assert.notEqual(await made.issue(), second);
});
