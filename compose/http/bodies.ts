import type { IncomingMessage } from 'node:http';

interface Limits {
  /** Bytes of one body; what goes beyond is its reader's to refuse. */
  readonly bodyBytes: number;
  /** Bytes of all bodies that are under way. */
  readonly bodiesBytes: number;
}

const FIRST_BYTES = 1_024;

/**
 * Gathers the body of a request in one place, and hands it on when it is whole. Node hands on every chunk of the transfer coding
 * by itself: a byte in each, and a body of 100 KiB is a hundred thousand objects and as many turns of the streams behind.
 */
export function gatherBodies({ bodyBytes, bodiesBytes }: Limits): (request: IncomingMessage) => void {
  let held = 0;

  return (request) => {
    const { 'transfer-encoding': coding, 'content-length': length = '0' } = request.headers;
    if (coding === undefined && length === '0') return;
    const { push } = request;
    let room = Buffer.alloc(0);
    let bytes = 0;

    function letGo(): void {
      held -= room.length;
      room = Buffer.alloc(0);
      bytes = 0;
    }

    function makeRoom(needed: number): void {
      const wider = Buffer.allocUnsafeSlow(Math.min(bodyBytes, Math.max(FIRST_BYTES, 2 * needed)));
      room.copy(wider, 0, 0, bytes);
      held += wider.length - room.length;
      room = wider;
    }

    function handOn(rest: Buffer | null): boolean {
      request.push = push;
      if (bytes > 0) push.call(request, room.subarray(0, bytes));
      letGo();
      return push.call(request, rest);
    }

    request.push = (piece: Buffer | null) => {
      if (piece === null || bytes + piece.length > bodyBytes) return handOn(piece);
      if (bytes + piece.length > room.length) makeRoom(bytes + piece.length);
      piece.copy(room, bytes);
      bytes += piece.length;
      if (held <= bodiesBytes) return true;
      request.socket.destroy();
      return false;
    };
    request.once('close', letGo);
  };
}
