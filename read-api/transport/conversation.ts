import type { IncomingMessage } from 'node:http';
import { CloseCode, MessageType, type Server, stringifyMessage } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';
import type { ReadLimits } from '../limits.ts';
import { chatter } from './chatter.ts';
import type { Mask } from './errors.ts';
import type { ReadMessage } from './messages.ts';
import { type Outbox, outbox, type Storeroom } from './outbox.ts';
import { underWay } from './under-way.ts';

/** RFC 6455, 7.4.1: a message breaks a rule that no other code names. */
const POLICY_VIOLATION = 1008;

/** With what a socket came, as hooks are handed it. */
export interface SocketExtra {
  readonly request: IncomingMessage;
}

interface Conversation {
  readonly core: Server<SocketExtra>;
  readonly clock: Clock;
  readonly limits: ReadLimits;
  readonly storeroom: Storeroom;
  readonly readMessage: ReadMessage;
  readonly mask: Mask;
  /** Takes one point of the network from which it comes. @throws RateLimitedError */
  readonly pay: (request: IncomingMessage) => Promise<void>;
  /** Told of what goes wrong here by no fault of the peer. */
  readonly failed: (error: unknown) => void;
}

/**
 * Pings, and cuts a socket that has not answered one before the next is due. From one that has answers to take nothing may be
 * read at the moment: how long those may wait is another limit.
 */
function watch(socket: WebSocket, out: Outbox, { clock, limits }: Conversation): () => void {
  let answered = true;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.at(later(clock.now(), limits.pingMs), () => {
      const isOpen = socket.readyState === socket.OPEN;
      if (!isOpen || out.heldBytes() === 0) {
        if (!answered) return socket.terminate();
        answered = false;
        if (isOpen) socket.ping();
      }
      next();
    });
  };
  socket.on('pong', () => {
    answered = true;
  });
  next();
  return () => cancel();
}

/** Counts what a socket says before it has said who it is; whether that is still little. */
function greeting({ greetingBytes, greetingMessages }: ReadLimits) {
  let bytes = 0;
  let messages = 0;
  let over = false;
  return {
    isShort(more: number): boolean {
      if (over) return true;
      bytes += more;
      messages += 1;
      return bytes <= greetingBytes && messages <= greetingMessages;
    },
    over(): void {
      over = true;
    },
  };
}

const lengthOf = (data: RawData): number =>
  Array.isArray(data) ? data.reduce((sum, { length }) => sum + length, 0) : data.byteLength;

const tooMany = (id: string, mask: Mask): string => {
  const payload = [mask(new RejectedError(Overloaded({ retryAfterMs: 1_000 }))).toJSON()];
  return stringifyMessage({ id, type: MessageType.Error, payload });
};

/** Those of the socket itself, which a peer may send as it likes. */
function listenToPings(socket: WebSocket, heard: (data: Buffer, isPing: boolean) => void): void {
  socket.on('ping', (data) => heard(data, true));
  socket.on('pong', (data) => heard(data, false));
}

/**
 * Lets the core of `graphql-ws` speak over one socket. Its own adapter prints whatever a peer breaks as a failure of ours, and
 * listens to a socket's first error only: a second one would end the process. Here a breach is told to the peer, by the code that
 * the socket closes with, and nobody else.
 */
export function converse(conversation: Conversation, socket: WebSocket, request: IncomingMessage): void {
  const { core, limits, readMessage, mask, failed } = conversation;
  // The socket says by its close what the error was.
  socket.on('error', () => undefined);
  const out = outbox(socket, conversation);
  const unwatch = watch(socket, out, conversation);
  const operations = underWay(limits.operationsPerSocket);
  const begun = greeting(limits);
  const isOpen = (): boolean => socket.readyState === socket.OPEN;

  const tooFast = () => out.close(POLICY_VIOLATION, 'Too many messages for the rate of this network');
  const pay = () => conversation.pay(request);
  const beside = chatter({ ...conversation, failed: broke, pay, over: tooFast });

  /** What comes behind a goodbye is not heard. */
  function hears(bytes: number): boolean {
    if (!isOpen()) return false;
    const isShort = begun.isShort(bytes);
    if (!isShort) out.close(POLICY_VIOLATION, 'Too much was said before connection_init');
    return isShort;
  }

  async function begin(id: string, run: () => Promise<void>): Promise<void> {
    // The core would never end what begins behind its socket's end.
    const beginning = operations.begin(id, async () => (isOpen() ? run() : undefined));
    if (beginning === 'taken')
      return out.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
    if (beginning !== 'too many') return beginning;
    beside.said();
    return out.send(tooMany(id, mask));
  }

  /** The core's promise ends with what the message has set going. */
  async function hear(text: string, take: (text: string) => Promise<void>): Promise<void> {
    const message = readMessage(text);
    if ('problem' in message) return out.close(CloseCode.BadRequest, message.problem);
    if (message.type === MessageType.Subscribe) return begin(message.id, () => take(text));
    beside.said();
    if (message.type === MessageType.Complete) operations.complete(message.id);
    if (message.type === MessageType.ConnectionInit) begun.over();
    return take(text);
  }

  function broke(error: unknown): void {
    // That an answer could not be sent to whoever has gone is nobody's failure.
    if (!isOpen()) return;
    failed(error);
    out.close(CloseCode.InternalServerError, 'Internal server error');
  }

  listenToPings(socket, (data, isPing) => {
    if (!hears(data.length)) return;
    beside.said();
    if (isPing) out.pong(data);
  });
  const closed = core.opened(
    {
      protocol: socket.protocol,
      send: out.send,
      close: out.close,
      onMessage: (take) =>
        socket.on('message', (data) => {
          if (hears(lengthOf(data))) hear(String(data), take).catch(broke);
        }),
    },
    { request },
  );
  socket.once('close', unwatch).once('close', (code, reason) => void closed(code, String(reason)));
}
