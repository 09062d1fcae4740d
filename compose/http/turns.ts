import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Hands on the requests of one connection one after another: the next when the answer before it has been taken. Node would begin
 * everything that a client sends without waiting at once, commands out of their order among them, and keep every answer until
 * the first is read. Whoever has more than `most` waiting is cut off: such a client has to reckon with that (RFC 9112, 9.3.2).
 */
export function inTurn(
  listener: RequestListener,
  most: number,
): {
  readonly listener: RequestListener;
  /** Whether an answer is still owed on a connection. */
  owes(socket: Socket): boolean;
} {
  const lines = new WeakMap<Socket, (() => void)[]>();

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    response.once('close', () => {
      const next = lines.get(socket)?.shift();
      if (next === undefined) lines.delete(socket);
      // Behind a last answer nothing may be done that nobody would be told of.
      else if (socket.writable) next();
    });
    listener(request, response);
  }

  return {
    owes: (socket) => lines.has(socket),
    listener(request, response) {
      const { socket } = request;
      // Destroyed without an error: Node would make one for each of the thousand that may have come in one piece.
      if (socket.destroyed) return void request.destroy();
      // Behind a last answer, whatever it was.
      if (!socket.writable) return;
      const line = lines.get(socket);
      if (line === undefined) {
        lines.set(socket, []);
        begin(request, response);
      } else if (line.length >= most) socket.destroy();
      else line.push(() => begin(request, response));
    },
  };
}
