import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import {
  handleProtocols,
  makeServer,
  type Context as ServerContext,
  type SubscribePayload,
} from 'graphql-ws';
import { type ServerOptions, WebSocketServer } from 'ws';
import { later } from '#domain/kernel/instant.ts';
import {
  Invalid,
  Overloaded,
  RejectedError,
  Unauthenticated,
  Unavailable,
} from '#domain/kernel/rejections.ts';
import { networkOf } from '#runtime/address.ts';
import { pause } from '#runtime/pause.ts';
import { places } from '#runtime/places.ts';
import { RateLimitedError, spend } from '#runtime/ration.ts';
import { lastRejection } from '#runtime/wire.ts';
import type { QueryServices } from '../resolver-context.ts';
import type { Caller } from './caller.ts';
import { converse, type SocketExtra } from './conversation.ts';
import { type Mask, withoutHttp } from './errors.ts';
import type { Executor } from './executor.ts';
import { type AllowedOrigin, handshakeRefusal, type Refusal } from './handshake.ts';
import { type KeptOperations, textOf } from './kept-operations.ts';
import { messageReader } from './messages.ts';
import { closeReason, storeroom } from './outbox.ts';

/** What the executor hands out for one message: its stages, with limits and masks in them. */
type Stages = ExecutionArgs & Pick<ReturnType<Executor['getEnveloped']>, 'execute' | 'subscribe'>;

/** How long the last answers of its feeds may take to leave before a socket is closed. */
const LAST_ANSWERS_MS = 100;
/** How long a socket may take to say goodbye before it is cut. */
const GOODBYE_MS = 2_000;

interface SocketOptions {
  readonly isAllowed: AllowedOrigin | undefined;
  readonly kept: KeptOperations | undefined;
}

export interface Sockets {
  /** Takes the upgrades to `/graphql` of an HTTP server. */
  attach(server: Server): void;
  /** Says goodbye with a reason, and waits, bounded, for the others to hang up. */
  close(reason: string): Promise<void>;
}

/** `closeTimeout` is known to the library, and not yet to its types. */
const serverOptions = (
  limits: QueryServices['limits'],
): ServerOptions & { readonly closeTimeout: number } => ({
  noServer: true,
  maxPayload: limits.messageBytes,
  // A message that is never ended is held in pieces, each of which costs far more than its bytes.
  maxFragments: limits.messageFragments,
  maxBufferedChunks: limits.bufferedChunks,
  closeTimeout: GOODBYE_MS,
  // Pongs are counted like every other answer.
  autoPong: false,
  handleProtocols,
});

/**
 * What a client says of who it is, in its `connectionParams` or else in the header of its handshake. Clients spell the name in any
 * case, as they do a header's. @throws RejectedError with `unauthenticated` when it is said twice
 */
function authorizationOf({ connectionParams = {}, extra }: Context): unknown {
  const said = Object.entries(connectionParams).filter(([name]) => name.toLowerCase() === 'authorization');
  if (said.length > 1) throw new RejectedError(Unauthenticated({}));
  const [[, authorization] = []] = said;
  return (authorization ?? '') === '' ? extra.request.headers.authorization : authorization;
}
type Context = Pick<ServerContext<Record<string, unknown>, SocketExtra>, 'connectionParams' | 'extra'>;

/** @returns what keeps the operation from being executed, or its stages */
async function stagesOf(
  yoga: Executor,
  mask: Mask,
  caller: Caller,
  query: string,
  { operationName, variables }: SubscribePayload,
): Promise<Stages | readonly GraphQLError[]> {
  const enveloped = yoga.getEnveloped({ caller });
  const document = enveloped.parse(query);
  const errors = enveloped.validate(enveloped.schema, document);
  if (errors.length > 0) return errors.map((error: unknown) => mask(error));
  if (!getOperationAST(document, operationName))
    return [mask(new GraphQLError('Could not determine what operation to execute.'))];
  return {
    schema: enveloped.schema,
    document,
    contextValue: await enveloped.contextFactory(),
    execute: enveloped.execute,
    subscribe: enveloped.subscribe,
    ...(operationName && { operationName }),
    ...(variables && { variableValues: variables }),
  };
}

/** The protocol, without its sockets. */
const protocol = (
  yoga: Executor,
  { limits, addressOf, quotas }: QueryServices,
  mask: Mask,
  kept: KeptOperations | undefined,
) =>
  makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: limits.connectionInitMs,
    execute: (args) => (args as Stages).execute(args),
    subscribe: (args) => (args as Stages).subscribe(args),
    async onSubscribe(context, _id, payload) {
      try {
        const address = addressOf(context.extra.request);
        // Whatever becomes of it, as with a request: tokens that are none cost as much as those that are.
        await spend(quotas.perAddress, networkOf(address ?? 'unknown'), 1);
        const origin = { channel: 'websocket', ...(address && { address }) } as const;
        const { socket } = context.extra.request;
        const hasGone = (): boolean => socket.destroyed;
        const caller = { authorization: authorizationOf(context), origin, hasGone };
        return await stagesOf(yoga, mask, caller, textOf(payload, kept) ?? '', payload);
      } catch (error) {
        return [mask(error)];
      }
    },
    // Nobody reads here with which status HTTP would have said it.
    onError: (_context, _id, _payload, errors) => errors.map(withoutHttp),
    onNext: (_context, _id, _payload, _args, { errors, data }) =>
      errors && { ...(data !== undefined && { data }), errors: errors.map(withoutHttp) },
  });

/** One point of the network that it comes from. @throws RateLimitedError */
const paid = ({ quotas, addressOf }: Pick<QueryServices, 'quotas' | 'addressOf'>, request: IncomingMessage) =>
  spend(quotas.perAddress, networkOf(addressOf(request) ?? 'unknown'), 1);

/**
 * A socket that is opened takes one of its network's points, as a request does; the refusal where it has none. The quota is kept here
 * and answers before the loop goes on: so nothing can come on a socket that nobody listens to yet.
 */
async function overRate(
  { quotas, addressOf }: Pick<QueryServices, 'quotas' | 'addressOf'>,
  request: IncomingMessage,
): Promise<Refusal | undefined> {
  try {
    await paid({ quotas, addressOf }, request);
    return undefined;
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    return { rejection: error.rejection, headers: error.told };
  }
}

const unreadable = ({ message }: Error): Refusal => ({
  rejection: Invalid({ issues: [{ path: '', problem: message.slice(0, 200) }] }),
});

/** GraphQL over WebSocket (`graphql-transport-ws`), run by the same executor as everything else. */
export function sockets(
  yoga: Executor,
  services: QueryServices,
  mask: Mask,
  { isAllowed, kept }: SocketOptions,
): Sockets {
  const { limits, clock } = services;
  const server = new WebSocketServer(serverOptions(limits));
  const perAddress = places(limits.socketsPerAddress);
  const conversation = {
    core: protocol(yoga, services, mask, kept),
    clock,
    limits,
    storeroom: storeroom(limits.unreadTotalBytes),
    readMessage: messageReader(limits),
    mask,
    pay: (request: IncomingMessage) => paid(services, request),
    failed: (error: unknown) => services.logger.error({ err: error }, 'a message on a socket failed'),
  };

  /** Whoever does not hang up behind the last words is cut: what they still send is thrown away. */
  function refuse(socket: Duplex, { rejection, status, headers }: Refusal): void {
    socket.once(
      'close',
      clock.at(later(clock.now(), GOODBYE_MS), () => socket.destroy()),
    );
    socket.end(lastRejection(services.registry, rejection, status, headers));
    socket.resume();
  }

  server.on('wsClientError', (error: Error, socket: Duplex) => refuse(socket, unreadable(error)));

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The server has let go of it: an error that nobody listens to would end the process.
    socket.on('error', () => socket.destroy());
    const refusal = handshakeRefusal(request, isAllowed);
    if (refusal !== undefined) refuse(socket, refusal);
    else if (services.closing.aborted) refuse(socket, { rejection: Unavailable({ retryAfterMs: 1_000 }) });
    else
      void overRate(services, request).then((over) =>
        over === undefined ? accept(request, socket, head) : refuse(socket, over),
      );
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const leave = perAddress.take(networkOf(services.addressOf(request) ?? 'unknown'));
    if (leave === undefined) {
      refuse(socket, { rejection: Overloaded({ retryAfterMs: 1_000 }), status: 429 });
    } else {
      socket.once('close', leave);
      server.handleUpgrade(request, socket, head, (open) => converse(conversation, open, request));
    }
  }

  return {
    attach(http) {
      http.on('upgrade', upgrade);
    },
    async close(reason) {
      if (server.clients.size > 0) await pause(clock, LAST_ANSWERS_MS, new AbortController().signal);
      for (const client of server.clients) client.close(1001, closeReason(reason));
      const cancel = clock.at(later(clock.now(), GOODBYE_MS), () => {
        for (const client of server.clients) client.terminate();
      });
      await new Promise<void>((resolve) => server.close(() => resolve()));
      cancel();
    },
  };
}
