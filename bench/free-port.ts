import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that systems give to whoever connects: a port of theirs is taken again and again between the moment when it is chosen and
 * the moment when the server that was told of it listens, and again whenever that server is gone for a while.
 */
const FROM = 10_000;
const TO = 32_000;
const TRIES = 100;

/** Whether nobody listens there on the loopback. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/**
 * A port of the loopback that nobody listened on a moment ago: for a server that has to be told its port.
 *
 * @param above how far above it there are others that have to be free as well
 */
export async function freePort(above: readonly number[] = []): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FROM, TO);
    const free = await Promise.all([0, ...above].map((more) => isFree(port + more)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`none of ${TRIES} ports between ${FROM} and ${TO} is free`);
}
