import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { later } from '#domain/kernel/instant.ts';
import { pause } from '#domain/kernel/pause.ts';
import { Overloaded, Rejected } from '#domain/kernel/rejections.ts';
import type { House } from '../house.ts';
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

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** GraphQL over WebSocket (`graphql-transport-ws`), run by the same executor as everything else. */
export function sockets(yoga: Executor, house: House, mask: Mask): Sockets {
  const { limits, clock } = house;
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytes });
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

  const running = useServer(
    {
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
    },
    server,
    limits.pingMs,
  );

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split('?')[0];
    const address = request.socket.remoteAddress ?? 'unknown';
    if (path !== '/graphql') refuse(socket, '404 Not Found');
    else if (house.closing.aborted) refuse(socket, '503 Service Unavailable');
    else if (!perAddress.take(address)) refuse(socket, '429 Too Many Requests');
    else accept(request, socket, head, address);
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void {
    socket.once('close', () => perAddress.give(address));
    server.handleUpgrade(request, socket, head, (open) => server.emit('connection', open, request));
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
      await running.dispose();
      cancel();
    },
  };
}
