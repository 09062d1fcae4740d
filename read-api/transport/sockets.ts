import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import { type ServerOptions, WebSocketServer } from 'ws';
import { later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { pause } from '#domain/kernel/pause.ts';
import { Invalid, NotFound, Overloaded, Rejected, Unavailable } from '#domain/kernel/rejections.ts';
import { lastRejection } from '#domain/kernel/wire.ts';
import type { House } from '../house.ts';
import { converse, type SocketExtra } from './conversation.ts';
import type { Mask } from './errors.ts';
import { type Caller, type Executor, tokenIn } from './executor.ts';

/** What the executor hands out for one message: its stages, with limits and masks in them. */
type Stages = ExecutionArgs & Pick<ReturnType<Executor['getEnveloped']>, 'execute' | 'subscribe'>;

/** How long the last answers of its feeds may take to leave before a socket is closed. */
const LAST_ANSWERS_MS = 100;
/** How long a socket may take to say goodbye before it is cut. */
const GOODBYE_MS = 2_000;

export interface Sockets {
  /** Takes the upgrades to `/graphql` of an HTTP server. */
  attach(server: Server): void;
  /** Says goodbye with a reason of at most 123 bytes, and waits, bounded, for the others to hang up. */
  close(reason: string): Promise<void>;
}

/** Counts sockets by the address they come from. */
function places(most: number) {
  const taken = new Map<string, number>();
  return {
    take(address: string): boolean {
      const before = taken.get(address) ?? 0;
      if (before >= most) return false;
      taken.set(address, before + 1);
      return true;
    },
    give(address: string): void {
      const left = (taken.get(address) ?? 1) - 1;
      if (left === 0) taken.delete(address);
      else taken.set(address, left);
    },
  };
}

/** `closeTimeout` is known to the library, and not yet to its types. */
const serverOptions = (limits: House['limits']): ServerOptions & { readonly closeTimeout: number } => ({
  noServer: true,
  maxPayload: limits.messageBytes,
  closeTimeout: GOODBYE_MS,
  handleProtocols,
});

/** GraphQL over WebSocket (`graphql-transport-ws`), run by the same executor as everything else. */
export function sockets(yoga: Executor, house: House, mask: Mask): Sockets {
  const { limits, clock } = house;
  const server = new WebSocketServer(serverOptions(limits));
  const perAddress = places(limits.socketsPerAddress);

  async function stagesOf(
    caller: Caller,
    payload: {
      query: string;
      operationName?: string | null | undefined;
      variables?: Record<string, unknown> | null | undefined;
    },
  ) {
    const enveloped = yoga.getEnveloped({ caller });
    const document = enveloped.parse(payload.query);
    const errors = enveloped.validate(enveloped.schema, document);
    if (errors.length > 0) return errors.map((error: unknown) => mask(error));
    if (!getOperationAST(document, payload.operationName))
      return [mask(new GraphQLError('Could not determine what operation to execute.'))];
    const stages: Stages = {
      schema: enveloped.schema,
      document,
      contextValue: await enveloped.contextFactory(),
      execute: enveloped.execute,
      subscribe: enveloped.subscribe,
      ...(payload.operationName && { operationName: payload.operationName }),
      ...(payload.variables && { variableValues: payload.variables }),
    };
    return stages;
  }

  const core = makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: limits.connectionInitMs,
    execute: (args) => (args as Stages).execute(args),
    subscribe: (args) => (args as Stages).subscribe(args),
    async onSubscribe({ subscriptions, connectionParams, extra }, _id, payload) {
      try {
        if (Object.keys(subscriptions).length > limits.operationsPerSocket)
          throw new Rejected(Overloaded({ retryAfterMs: 1_000 }));
        const token =
          tokenIn(connectionParams?.authorization) ?? tokenIn(extra.request.headers.authorization);
        const address = extra.request.socket.remoteAddress;
        const caller: Caller = { token, origin: { channel: 'websocket', ...(address && { address }) } };
        return await stagesOf(caller, payload);
      } catch (error) {
        return [mask(error)];
      }
    },
  });
  const conversation = {
    core,
    clock,
    pingMs: limits.pingMs,
    failed: (error: unknown) => house.logger.error({ err: error }, 'a message on a socket failed'),
  };

  function refuse(socket: Duplex, rejection: Rejection, status?: number): void {
    socket.end(lastRejection(house.registry, rejection, status));
  }

  server.on('wsClientError', ({ message }: Error, socket: Duplex) =>
    refuse(socket, Invalid({ issues: [{ path: '', problem: message.slice(0, 200) }] })),
  );

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split('?')[0];
    const address = request.socket.remoteAddress ?? 'unknown';
    if (path !== '/graphql') refuse(socket, NotFound({ what: 'path' }));
    else if (house.closing.aborted) refuse(socket, Unavailable({ retryAfterMs: 1_000 }));
    else if (!perAddress.take(address)) refuse(socket, Overloaded({ retryAfterMs: 1_000 }), 429);
    else accept(request, socket, head, address);
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void {
    socket.once('close', () => perAddress.give(address));
    server.handleUpgrade(request, socket, head, (open) => converse(conversation, open, request));
  }

  return {
    attach(http) {
      http.on('upgrade', upgrade);
    },
    async close(reason) {
      if (server.clients.size > 0) await pause(clock, LAST_ANSWERS_MS, new AbortController().signal);
      for (const client of server.clients) client.close(1001, reason);
      const cancel = clock.at(later(clock.now(), GOODBYE_MS), () => {
        for (const client of server.clients) client.terminate();
      });
      await new Promise<void>((resolve) => server.close(() => resolve()));
      cancel();
    },
  };
}
