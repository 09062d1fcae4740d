import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { Router } from 'express';
import { addressesBehind } from '#compose/http/addresses.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { openBells } from '../write-side/rest/bells.ts';

const accepted: Reply = { outcome: 'accepted', commandId: 'c', stream: 's', position: undefined, events: [] };
const ring = '/commands/bells/ring-bell';

async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the peer ends the connection. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test('health: live at once, ready when every component is', async () => {
  const { port, health } = await openBells(() => accepted);
  assert.deepEqual(await (await fetch(`${port.url}/health/live`)).json(), { status: 'live' });
  assert.equal((await fetch(`${port.url}/health/ready`)).status, 200);
  health.store = { ready: false, detail: 'catching up' };
  const response = await fetch(`${port.url}/health/ready`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    status: 'not-ready',
    components: { store: { ready: false, detail: 'catching up' } },
  });
  health.store = { ready: false, detail: 'catching up', spared: true };
  const spared = await fetch(`${port.url}/health/ready`);
  assert.equal(spared.status, 200, 'whoever is served all the same is not sent elsewhere');
  assert.deepEqual(await spared.json(), {
    status: 'degraded',
    components: { store: { ready: false, detail: 'catching up' } },
  });
});

test('every answer names its request and keeps browsers from guessing', async () => {
  const { port } = await openBells(() => accepted);
  const given = await fetch(`${port.url}/nowhere`, { headers: { 'X-Request-Id': 'mine-1' } });
  assert.equal(given.status, 404);
  assert.equal(given.headers.get('X-Request-Id'), 'mine-1');
  assert.equal(given.headers.get('X-Content-Type-Options'), 'nosniff');
  assert.equal(given.headers.get('Cache-Control'), 'no-store');
  assert.equal(given.headers.get('X-Powered-By'), null);
  const made = await fetch(`${port.url}/nowhere`, { headers: { 'X-Request-Id': 'a b"c' } });
  assert.match(made.headers.get('X-Request-Id') ?? '', /^[0-9a-f-]{36}$/);
});

test('a path that is no URI is the fault of whoever sent it', async () => {
  const { port, reported } = await openBells(() => accepted);
  const response = await fetch(`${port.url}/commands/%zz/x`, { method: 'POST' });
  assert.equal(response.status, 400);
  assert.deepEqual(reported, []);
});

test('a body that says it is too large is refused before it is sent, and the connection ends', async () => {
  const { port } = await openBells(() => accepted);
  const socket = await connected(port.url);
  socket.write(
    `POST ${ring} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Type: application/json\r\nContent-Length: ${BODY_BYTES + 1}\r\n\r\n{`,
  );
  assert.match(await readAll(socket), /^HTTP\/1\.1 413 [\s\S]*Connection: close/);
});

test('a body without a stated length is cut off at the limit', async () => {
  const { port } = await openBells(() => accepted);
  const socket = await connected(port.url);
  socket.write(
    `POST ${ring} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const bytes = BODY_BYTES + 1;
  socket.write(`${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`);
  assert.match(await readAll(socket), /^HTTP\/1\.1 413 [\s\S]*Connection: close/);
});

test('closing lets what is under way finish, then ends its connection and takes no more', async () => {
  const release = Promise.withResolvers<Reply>();
  const begun = Promise.withResolvers<void>();
  const { port } = await openBells(() => {
    begun.resolve();
    return release.promise;
  });
  const idle = await connected(port.url);
  const busy = await connected(port.url);
  busy.write(
    `POST ${ring} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await begun.promise;
  const closed = port.close(60_000);
  assert.equal(await readAll(idle), '', 'an idle connection is ended at once');
  release.resolve(accepted);
  assert.match(await readAll(busy), /^HTTP\/1\.1 200 [\s\S]*"accepted"/);
  await closed;
  await assert.rejects(fetch(`${port.url}/health/live`));
});

test('closing is bounded: who never finishes is cut off, and so is a connection that was upgraded', async () => {
  const begun = Promise.withResolvers<void>();
  const { port } = await openBells(() => {
    begun.resolve();
    return new Promise<Reply>(() => undefined);
  });
  port.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  });
  const upgraded = await connected(port.url);
  upgraded.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  await once(upgraded, 'data');
  const busy = await connected(port.url);
  busy.write(
    `POST ${ring} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await begun.promise;
  await Promise.all([port.close(20), port.close(60_000)]);
  assert.equal(await readAll(busy).catch(() => ''), '');
});

const SECRET = 'a word of a library, and /the/path/of/a/file.js:1:1';
const withStatus = (status: number) => Object.assign(new Error(SECRET), { status, expose: true });

test('whatever is thrown wherever becomes an answer of the catalogue, and is told if it is ours', async () => {
  const { reported, port } = await openBells(() => accepted, {
    more: [
      Router()
        .get('/thrown', () => {
          throw new Error(SECRET);
        })
        .get('/rejected', () => Promise.reject(new TypeError(SECRET)))
        .get('/nothing', () => Promise.reject(undefined))
        .get('/no-error', (_request, _response, next) => next('a text'))
        .get('/500', (_request, _response, next) => next(withStatus(500)))
        .get('/418', (_request, _response, next) => next(withStatus(418)))
        .get('/header', (_request, response) => void response.set('X-A', 'a\nb'))
        .get('/views', () => Promise.reject(new ReadStoreError(SECRET)))
        .get('/history', () => Promise.reject(new StoreError('unreadable', SECRET)))
        .get('/:id', (_request, response) => void response.end('there')),
    ],
  });
  for (const [path, status, code] of [
    ['thrown', 500, 'internal'],
    ['rejected', 500, 'internal'],
    ['nothing', 500, 'internal'],
    ['no-error', 500, 'internal'],
    ['500', 500, 'internal'],
    ['header', 500, 'internal'],
    // A store that cannot be read, whichever it is.
    ['views', 503, 'unavailable'],
    ['history', 503, 'unavailable'],
    ['418', 418, 'invalid'],
    ['%zz', 400, 'invalid'],
  ] as const) {
    reported.length = 0;
    const response = await fetch(`${port.url}/${path}`);
    const text = await response.text();
    assert.deepEqual([response.status, JSON.parse(text).code], [status, code], path);
    assert.doesNotMatch(text, /library|file\.js|node_modules| {4}at /);
    assert.equal(reported.length, status >= 500 ? 1 : 0, path);
  }
});

test('an answer that fails on its way ends its connection, and is told', async () => {
  const { reported, port } = await openBells(() => accepted, {
    more: [
      Router().get('/half', async (_request, response) => {
        response.write('half');
        throw new Error(SECRET);
      }),
    ],
  });
  const socket = await connected(port.url);
  socket.write('GET /half HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.doesNotMatch(await readAll(socket).catch(() => ''), /library/);
  assert.equal(reported.length, 1);
});

test('health that cannot be told is a failure like any other', async () => {
  const { health, reported, port } = await openBells(() => accepted);
  Object.defineProperty(health, 'store', { enumerable: true, get: () => assert.fail(SECRET) });
  const response = await fetch(`${port.url}/health/ready`);
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [500, 'internal']);
  assert.equal(reported.length, 1);
});

test('a port that is taken is an error to whoever opens it', async () => {
  const { port } = await openBells(() => accepted);
  const { openHttp } = await import('#compose/http.ts');
  const { registry } = await import('../write-side/rest/bells.ts');
  const taken = openHttp({
    host: '127.0.0.1',
    port: Number(new URL(port.url).port),
    registry,
    newId: () => 'id',
    addresses: addressesBehind([]),
    clock: { now: () => '2026-01-01T00:00:00.000Z', at: () => () => undefined },
    routers: [],
    health: () => ({}),
    report: () => undefined,
  });
  await assert.rejects(taken, { code: 'EADDRINUSE' });
});
