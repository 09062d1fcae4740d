import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gatherBodies } from '#compose/http/bodies.ts';

// Bodies as they are handed on, on real connections.

const KIB = 1_024;

async function given(limits = { bodyBytes: 8 * KIB, bodiesBytes: 64 * KIB }) {
  const pieces: Buffer[] = [];
  const server = createServer().on('request', gatherBodies(limits));
  server.on('request', (request, response) => {
    request.on('data', (piece: Buffer) => void pieces.push(piece));
    request.once('end', () => response.end(`${request.complete}`));
    request.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, pieces };
}

async function sent(port: number, parts: readonly Buffer[]): Promise<string> {
  const request = send({ port, host: '127.0.0.1', method: 'POST', agent: false });
  request.flushHeaders();
  for (const part of parts) request.write(part);
  request.end();
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

test('a body of many small chunks is handed on as one, whole', async () => {
  const { port, pieces } = await given();
  const body = randomBytes(3_000);
  const said = await sent(
    port,
    Array.from(body, (byte) => Buffer.of(byte)),
  );
  assert.equal(said, 'true');
  assert.equal(pieces.length, 1);
  assert.deepEqual(pieces[0], body);
});

test('what goes beyond a body’s bytes is handed on as it comes, in its order', async () => {
  const { port, pieces } = await given();
  const body = randomBytes(50 * KIB + 1);
  await sent(port, [body.subarray(0, 5 * KIB), body.subarray(5 * KIB, 30 * KIB), body.subarray(30 * KIB)]);
  assert.deepEqual(Buffer.concat(pieces), body);
});

test('an empty body ends', async () => {
  const { port, pieces } = await given();
  assert.equal(await sent(port, []), 'true');
  assert.equal(pieces.length, 0);
});

test('beyond what all bodies may hold, whoever sends more is cut off, and what was held is let go', async () => {
  const { port, pieces } = await given({ bodyBytes: 8 * KIB, bodiesBytes: 20 * KIB });
  const half = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n${'x'.repeat(6_000)}`;
  const open = [];
  for (let at = 0; at < 3; at++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(half);
    open.push({ socket, closed: once(socket, 'close') });
    await pause(20);
  }
  await open[2]?.closed;
  assert.equal(open[0]?.socket.closed, false);
  for (const { socket } of open) socket.destroy();
  await pause(50);
  assert.equal(await sent(port, [Buffer.alloc(7 * KIB)]), 'true');
  assert.equal(Buffer.concat(pieces).length, 7 * KIB);
});
