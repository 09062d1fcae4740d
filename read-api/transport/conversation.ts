import type { IncomingMessage } from 'node:http';
import { CloseCode, MessageType, type Server } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** With what a socket came, as hooks are handed it. */
export interface SocketExtra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

interface Conversation {
  readonly core: Server<SocketExtra>;
  readonly clock: Clock;
  /** Between pings, in milliseconds. */
  readonly pingMs: number;
  /** Told of what goes wrong here by no fault of the peer. */
  readonly failed: (error: unknown) => void;
}

/** What only a server says; the core throws when a client does. */
const SERVERS_OWN: readonly unknown[] = [MessageType.ConnectionAck, MessageType.Next, MessageType.Error];

function isServersOwn(text: string): boolean {
  try {
    return SERVERS_OWN.includes((JSON.parse(text) as { readonly type?: unknown } | null)?.type);
  } catch {
    return false;
  }
}

/** Pings, and cuts a socket that has not answered one before the next is due. */
function watch(socket: WebSocket, { clock, pingMs }: Conversation): () => void {
  let answered = true;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.at(later(clock.now(), pingMs), () => {
      if (!answered) return socket.terminate();
      answered = false;
      if (socket.readyState === socket.OPEN) socket.ping();
      next();
    });
  };
  socket.on('pong', () => {
    answered = true;
  });
  next();
  return () => cancel();
}

/**
 * Lets the core of `graphql-ws` speak over one socket. Its own adapter prints whatever a peer breaks as a failure of ours, and
 * listens to a socket's first error only: a second one would end the process. Here a breach is told to the peer, by the code that
 * the socket closes with, and nobody else.
 */
export function converse(conversation: Conversation, socket: WebSocket, request: IncomingMessage): void {
  const { core, failed } = conversation;
  // The socket says by its close what the error was.
  socket.on('error', () => undefined);
  const unwatch = watch(socket, conversation);

  function broke(error: unknown, text: string): void {
    // Whoever has gone is told nothing more, and that an answer could not be sent to them is nobody's failure.
    if (socket.readyState !== socket.OPEN) return;
    if (isServersOwn(text)) {
      socket.close(CloseCode.BadRequest, 'Only servers say this');
    } else {
      failed(error);
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  const closed = core.opened(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise((resolve) => {
          // A socket that can no longer be written to is closing, which ends what is asked on it.
          if (socket.readyState !== socket.OPEN) resolve();
          else socket.send(text, () => resolve());
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (data: RawData) => {
          const text = String(data);
          take(text).catch((error: unknown) => broke(error, text));
        }),
    },
    { socket, request },
  );
  socket.once('close', (code, reason) => {
    unwatch();
    void closed(code, String(reason));
  });
}
