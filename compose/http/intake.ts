import type { Readable } from 'node:stream';
import type { Afterwards } from '#runtime/turns.ts';

/** From now on what comes on a connection is taken in when it is the turn of the group that it belongs to, and its own in there. */
export type TakeIn = (connection: Readable, group: unknown) => void;

/** What somebody sends who waits for an answer: a request with its headers, a message. */
const SHORT_BYTES = 16 * 1024;
/**
 * What is taken in without a look at others: a request, or as many of the smallest as one connection may have waiting. Whoever is cut
 * off for the first slice of a piece is not heard to its end, where a thousand more may stand.
 */
const SLICE_BYTES = 2 * 1024;
const NOTHING = Buffer.alloc(0);

type Work = () => void;

/** Lines by group, which go round. */
function lines() {
  const byGroup = new Map<unknown, Work[]>();
  return {
    isEmpty: () => byGroup.size === 0,
    add(group: unknown, work: Work): void {
      const line = byGroup.get(group);
      if (line === undefined) byGroup.set(group, [work]);
      else line.push(work);
    },
    /** The next of the group whose turn it is. */
    next(): Work | undefined {
      const [first] = byGroup;
      if (first === undefined) return undefined;
      const [group, line] = first;
      const work = line.shift();
      byGroup.delete(group);
      if (line.length > 0) byGroup.set(group, line);
      return work;
    },
  };
}

/** So many slices between two looks at everybody else, and the pieces that wait for theirs. */
function slices(atOnce: number, afterwards: Afterwards) {
  const short = lines();
  const long = lines();
  let left = atOnce;
  let willLook = false;

  function takeFrom(waiting: typeof short): void {
    for (let work = waiting.next(); work !== undefined; work = left > 0 ? waiting.next() : undefined) work();
  }

  function lookAround(): void {
    willLook = false;
    left = atOnce;
    takeFrom(short);
    takeFrom(long);
    if (!short.isEmpty() || !long.isEmpty()) willLookAround();
  }

  function willLookAround(): void {
    if (willLook) return;
    willLook = true;
    afterwards(lookAround);
  }

  return {
    /** Whether one of a piece of so many bytes may be taken in now. */
    mayGo: (bytes: number): boolean =>
      left > 0 && short.isEmpty() && (bytes <= SHORT_BYTES || long.isEmpty()),
    taken(): void {
      left -= 1;
      willLookAround();
    },
    wait(bytes: number, group: unknown, work: Work): void {
      (bytes <= SHORT_BYTES ? short : long).add(group, work);
      willLookAround();
    },
  };
}

/**
 * Takes in what comes on all connections slice by slice, so many between two looks at everybody else. Left to itself the system
 * hands over what lies ready of each connection, thirty-two pieces of 64 KiB at a time: a few dozen peers that never stop
 * sending would have the thread to themselves for seconds, and so would some hundreds that send one piece each at once.
 *
 * Crowds take turns, and within one its connections; short pieces come before long ones, of which one slice at least has its turn
 * in each look. A connection whose piece waits is not read any further, so that it is one piece each that is kept.
 */
export function takeInByTurns(slicesAtOnce: number, afterwards: Afterwards): TakeIn {
  const turns = slices(slicesAtOnce, afterwards);
  return (connection, group) => {
    const { push, _read: read } = connection;
    /** Of the piece that is being taken in. */
    let rest: Buffer = NOTHING;
    let hasEnded = false;

    function takeSlice(): boolean {
      const slice = rest.subarray(0, SLICE_BYTES);
      rest = rest.length > SLICE_BYTES ? rest.subarray(SLICE_BYTES) : NOTHING;
      turns.taken();
      return push.call(connection, slice);
    }

    function wait(): void {
      turns.wait(rest.length, group, () => {
        if (connection.destroyed) rest = NOTHING;
        else takeSlice();
        if (rest.length > 0) wait();
        else if (hasEnded) push.call(connection, null);
      });
    }

    // The system's pieces come by `push`; without a listener Node's parser would take them before that.
    connection.on('data', () => undefined);
    connection.push = (piece: Buffer | null) => {
      if (piece === null) {
        hasEnded = true;
        return rest.length === 0 && push.call(connection, null);
      }
      // TLS hands over what it has deciphered, record by record, whether more is wanted or not: no more than was read in one go.
      if (rest.length > 0) {
        rest = Buffer.concat([rest, piece]);
        return false;
      }
      rest = piece;
      let wantsMore = false;
      while (rest.length > 0 && turns.mayGo(rest.length) && !connection.destroyed) wantsMore = takeSlice();
      if (rest.length === 0) return wantsMore;
      wait();
      // As a stream says that it is full: the system is not read until more is asked for.
      return false;
    };
    connection._read = (bytes: number) => {
      // Each slice asks for more, the last one in earnest.
      if (rest.length === 0) read.call(connection, bytes);
    };
  };
}
