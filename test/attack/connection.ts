import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Scene } from './attack.ts';

// Raw connections: bytes as they stand, ended as no library would end them.

/** How long the platform may take to end a connection that it has to end; its own timeouts stay below. */
const ENDED_MS = 15_000;

export interface Connection {
  readonly socket: Socket;
  /** All that has come so far. */
  received(): Buffer;
  readonly closed: Promise<void>;
}

/**
 * Opens one from an address of its own. With `halfOpen` our side stays open when the platform's has ended.
 * @throws Error when nobody takes it
 */
export async function opened(
  scene: Scene,
  { halfOpen = false, from = scene.address() } = {},
): Promise<Connection> {
  const socket = connect({
    host: scene.host,
    port: scene.port,
    localAddress: from,
    allowHalfOpen: halfOpen,
    noDelay: true,
  });
  // A connection that is reset under us is what was asked for.
  let failed: Error | undefined;
  socket.on('error', (error) => {
    failed = error;
  });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([once(socket, 'connect').catch(() => undefined), closed]);
  if (
    socket.connecting ||
    (failed !== undefined && socket.remoteAddress === undefined && chunks.length === 0)
  )
    throw failed ?? new Error('nobody took the connection');
  return { socket, received: () => Buffer.concat(chunks), closed };
}

/** Resolves when the bytes have left, or the connection has ended first. */
export function written(socket: Socket, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.writable) return resolve();
    socket.write(bytes, () => resolve());
  });
}

/** Whether it settles in time. */
export async function happens(within: number, what: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const timeout = pause(within, false, { signal: late.signal, ref: false }).catch(() => false);
  const settled = what.then(
    () => true,
    () => true,
  );
  const done = await Promise.race([settled, timeout]);
  late.abort();
  return done;
}

/** Everything that comes until the platform ends the connection; `problem` where it does not. */
export async function untilEnded(
  { socket, received, closed }: Connection,
  withinMs: number = ENDED_MS,
): Promise<{ readonly bytes: Buffer; readonly problem: string | undefined }> {
  const ended = await happens(withinMs, closed);
  socket.destroy();
  return {
    bytes: received(),
    problem: ended ? undefined : `the connection was not ended within ${withinMs} ms`,
  };
}

/** Resolves with what has come as soon as `enough` says so, the connection has ended, or time is over. */
export async function untilEnough(
  { socket, received, closed }: Connection,
  enough: (bytes: Buffer) => boolean,
  withinMs: number,
): Promise<Buffer> {
  let look = (): void => undefined;
  const seen = new Promise<void>((resolve) => {
    look = () => {
      if (enough(received())) resolve();
    };
    socket.on('data', look);
    look();
  });
  await happens(withinMs, Promise.race([seen, closed]));
  socket.off('data', look);
  return received();
}

/**
 * Writes the same bytes again and again as fast as they are taken, and reads nothing. Ends when so many have left, the
 * connection has ended, or nothing has moved for `patienceMs`: then the platform has stopped reading, as it may.
 */
export async function pour(
  { socket }: Connection,
  chunk: Buffer,
  { most, patienceMs }: { readonly most: number; readonly patienceMs: number },
): Promise<number> {
  socket.pause();
  let sent = 0;
  while (sent < most && socket.writable) {
    sent += chunk.length;
    if (socket.write(chunk)) continue;
    const over = new AbortController();
    const { signal } = over;
    const moved = Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]);
    const hasMoved = await happens(patienceMs, moved);
    over.abort();
    if (!hasMoved) break;
  }
  return sent;
}
