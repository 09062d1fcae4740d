import type { WebSocket } from 'ws';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { ReadLimits } from '../limits.ts';

/** RFC 6455, 5.5: a control frame holds 125 bytes, and its code takes two of a goodbye's. */
const REASON_BYTES = 123;
/** RFC 6455, 7.4, and the registry behind it: the same may be tried again later. */
const TRY_AGAIN_LATER = 1013;
/** What a message costs in memory besides its bytes, about: frames, callbacks and promises of many small ones outweigh them. */
const MESSAGE_OVERHEAD_BYTES = 512;
/** With as many messages under way a ping is not answered by itself any more: the answer to the last one stands for them all. */
const SINGLE_PONGS = 64;

/** A reason as the frame of a goodbye holds it: cut behind a whole character. It may repeat what a client has said. */
export function closeReason(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(REASON_BYTES));
  return text.slice(0, read);
}

/** The only way out of a socket: whatever is said there is counted until the system has taken it. */
export interface Outbox {
  /** Resolves once the system has taken it, or when the socket is gone, whichever comes: whoever has more to say waits for it. */
  send(text: string): Promise<void>;
  /** Answers a ping. While much waits to be taken, only the last one is answered, when it has been (RFC 6455, 5.5.3). */
  pong(data: Buffer): void;
  /** Bytes that wait to be taken, with what they cost besides. */
  heldBytes(): number;
  /** Says goodbye with as much of the reason as fits, once. Who does not listen is cut after a grace. */
  close(code: number, reason: string): void;
}

type Cuttable = Pick<WebSocket, 'terminate'>;

/** What the sockets of a process hold together. */
export interface Storeroom {
  /** Told of every change; beyond the limit whoever holds the most is cut, at once and without a word. */
  holds(socket: Cuttable, bytes: number): void;
}

export function storeroom(mostBytes: number): Storeroom {
  const held = new Map<Cuttable, number>();
  let total = 0;

  function holds(socket: Cuttable, bytes: number): void {
    total += bytes - (held.get(socket) ?? 0);
    if (bytes === 0) held.delete(socket);
    else held.set(socket, bytes);
    if (total <= mostBytes) return;
    const [[largest] = []] = [...held].sort(([, a], [, b]) => b - a);
    if (largest === undefined) return;
    largest.terminate();
    holds(largest, 0);
  }
  return { holds };
}

interface Surroundings {
  readonly clock: Clock;
  readonly limits: Pick<ReadLimits, 'unreadMarkBytes' | 'unreadBytes' | 'answerStallMs'>;
  readonly storeroom: Storeroom;
}

/**
 * Bounds what one socket holds. Above a mark its requests are not read until its answers are; beyond the limit, or when none of
 * them is taken for too long, it is closed. One answer that finds nothing before it is taken whatever its size: answers have a
 * limit of their own.
 */
export function outbox(socket: WebSocket, { clock, limits, storeroom }: Surroundings): Outbox {
  const gone = Promise.withResolvers<void>();
  /** Messages that the system has not taken. */
  let messages = 0;
  let lastPing: Buffer | undefined;
  let cancelStall: (() => void) | undefined;
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const heldBytes = (): number => socket.bufferedAmount + messages * MESSAGE_OVERHEAD_BYTES;

  socket.once('close', () => {
    cancelStall?.();
    storeroom.holds(socket, 0);
    gone.resolve();
  });

  function close(code: number, reason: string): void {
    if (!isOpen()) return;
    cancelStall?.();
    socket.close(code, closeReason(reason));
    // Its own goodbye is still heard; whatever else it says is thrown away.
    socket.resume();
  }
  const closeUnread = (): void => close(TRY_AGAIN_LATER, 'Answers are not read');

  function look(): void {
    // What a closing one still holds is counted until it is gone.
    if (!isOpen()) return;
    storeroom.holds(socket, heldBytes());
    if (messages > 0) cancelStall ??= clock.at(later(clock.now(), limits.answerStallMs), closeUnread);
    if (heldBytes() > limits.unreadMarkBytes) socket.pause();
    else if (socket.isPaused) socket.resume();
  }

  function write(begin: (taken: (error?: Error | null) => void) => void): Promise<void> {
    const before = heldBytes();
    return new Promise((resolve) => {
      messages += 1;
      begin((error) => {
        messages -= 1;
        cancelStall?.();
        cancelStall = undefined;
        look();
        if (messages === 0) pongLast();
        // Whoever goes on saying things to a socket that is lost would do so for nothing.
        if (error) void gone.promise.then(resolve);
        else resolve();
      });
      if (before > 0 && heldBytes() > limits.unreadBytes) closeUnread();
      else look();
    });
  }

  function pongLast(): void {
    const data = lastPing;
    lastPing = undefined;
    if (data !== undefined && isOpen()) void write((taken) => socket.pong(data, undefined, taken));
  }

  return {
    send: (text) => (isOpen() ? write((taken) => socket.send(text, taken)) : gone.promise),
    pong(data) {
      lastPing = data;
      if (messages < SINGLE_PONGS) pongLast();
    },
    heldBytes,
    close,
  };
}
