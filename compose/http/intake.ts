import type { Readable } from 'node:stream';
import type { Afterwards } from '#domain/kernel/turns.ts';

/** From now on what comes on a connection is taken in when it is its turn. */
export type TakeIn = (connection: Readable) => void;

/** What somebody sends who waits for an answer: a request with its headers, a message. */
const SHORT_BYTES = 16 * 1024;
/** What a piece counts for at least: a small request is work for as long as this many bytes of pings. */
const LEAST_BYTES = 4 * 1024;

/**
 * Takes in what comes on all connections, about so many bytes between two looks at everybody else. Left to itself the system
 * hands over what lies ready of each connection, thirty-two pieces of 64 KiB at a time: a few dozen peers that never stop
 * sending would have the thread to themselves for seconds, and so would some hundreds that send one piece each at once.
 *
 * Pieces wait in their order, the long ones behind the short ones, of which one always has its turn. A connection whose piece
 * waits is not read any further, so that it is one piece each that is kept.
 */
export function takeInByTurns(bytesAtOnce: number, afterwards: Afterwards): TakeIn {
  const short: (() => void)[] = [];
  const long: (() => void)[] = [];
  let left = bytesAtOnce;
  let willLook = false;

  function takeFrom(line: (() => void)[], least: number): void {
    let turn = 0;
    for (; turn < line.length && (left > 0 || turn < least); turn++) line[turn]?.();
    line.splice(0, turn);
  }

  function lookAround(): void {
    willLook = false;
    left = bytesAtOnce;
    takeFrom(short, 0);
    takeFrom(long, 1);
    if (short.length + long.length > 0) spend(0);
  }

  function spend(bytes: number): void {
    left -= bytes;
    if (willLook) return;
    willLook = true;
    afterwards(lookAround);
  }

  return (connection) => {
    const { push } = connection;
    // The system's pieces come by `push`; without a listener Node's parser would take them before that.
    connection.on('data', () => undefined);
    connection.push = (piece: Buffer | null) => {
      if (piece === null) return push.call(connection, null);
      const take = (): boolean => {
        spend(Math.max(piece.length, LEAST_BYTES));
        return push.call(connection, piece);
      };
      const isShort = piece.length <= SHORT_BYTES;
      const mayGo = left > 0 && short.length === 0 && (isShort || long.length === 0);
      if (mayGo) return take();
      (isShort ? short : long).push(() => void (connection.destroyed || take()));
      spend(0);
      // As a stream says that it is full: the system is not read until more is asked for, which the piece's turn does.
      return false;
    };
  };
}
