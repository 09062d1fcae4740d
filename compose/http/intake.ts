import type { Readable } from 'node:stream';
import type { Afterwards } from '#domain/kernel/turns.ts';

/** From now on what comes on a connection is taken in when it is the turn of the crowd that it belongs to, and its own in there. */
export type TakeIn = (connection: Readable, crowd: unknown) => void;

/** What somebody sends who waits for an answer: a request with its headers, a message. */
const SHORT_BYTES = 16 * 1024;
/** What a piece counts for at least: a small request is work for as long as this many bytes of pings. */
const LEAST_BYTES = 4 * 1024;
/** Whoever is cut off for what stands at the beginning of a piece is not heard to its end: it may hold a thousand requests. */
const SLICE_BYTES = 2 * 1024;

type Work = () => void;

/** Lines by crowd, which go round. */
function lines() {
  const byCrowd = new Map<unknown, Work[]>();
  return {
    isEmpty: () => byCrowd.size === 0,
    add(crowd: unknown, work: Work): void {
      const line = byCrowd.get(crowd);
      if (line === undefined) byCrowd.set(crowd, [work]);
      else line.push(work);
    },
    /** The next of the crowd whose turn it is. */
    next(): Work | undefined {
      const [first] = byCrowd;
      if (first === undefined) return undefined;
      const [crowd, line] = first;
      const work = line.shift();
      byCrowd.delete(crowd);
      if (line.length > 0) byCrowd.set(crowd, line);
      return work;
    },
  };
}

/**
 * Takes in what comes on all connections, about so many bytes between two looks at everybody else. Left to itself the system
 * hands over what lies ready of each connection, thirty-two pieces of 64 KiB at a time: a few dozen peers that never stop
 * sending would have the thread to themselves for seconds, and so would some hundreds that send one piece each at once.
 *
 * Crowds take turns, and within one the pieces in their order; short pieces come before long ones, of which one at least has its
 * turn in each look. A connection whose piece waits is not read any further, so that it is one piece each that is kept.
 */
export function takeInByTurns(bytesAtOnce: number, afterwards: Afterwards): TakeIn {
  const short = lines();
  const long = lines();
  let left = bytesAtOnce;
  let willLook = false;

  function takeFrom(waiting: typeof short): void {
    for (let work = waiting.next(); work !== undefined; work = left > 0 ? waiting.next() : undefined) work();
  }

  function lookAround(): void {
    willLook = false;
    left = bytesAtOnce;
    takeFrom(short);
    takeFrom(long);
    if (!short.isEmpty() || !long.isEmpty()) spend(0);
  }

  function spend(bytes: number): void {
    left -= bytes;
    if (willLook) return;
    willLook = true;
    afterwards(lookAround);
  }

  return (connection, crowd) => {
    const { push } = connection;
    // The system's pieces come by `push`; without a listener Node's parser would take them before that.
    connection.on('data', () => undefined);
    connection.push = (piece: Buffer | null) => {
      if (piece === null) return push.call(connection, null);
      const take = (): boolean => {
        spend(Math.max(piece.length, LEAST_BYTES));
        let wantsMore = true;
        for (let at = 0; at < piece.length && !connection.destroyed; at += SLICE_BYTES)
          wantsMore = push.call(connection, piece.subarray(at, at + SLICE_BYTES));
        return wantsMore;
      };
      const isShort = piece.length <= SHORT_BYTES;
      const mayGo = left > 0 && short.isEmpty() && (isShort || long.isEmpty());
      if (mayGo) return take();
      (isShort ? short : long).add(crowd, () => void (connection.destroyed || take()));
      spend(0);
      // As a stream says that it is full: the system is not read until more is asked for, which the piece's turn does.
      return false;
    };
  };
}
