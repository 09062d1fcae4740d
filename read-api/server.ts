import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { sendNodeResponse } from '@whatwg-node/server';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import type { Revocations } from '#domain/kernel/ports/revocations.ts';
import type { ViewReader } from '#domain/kernel/ports/views.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Turns } from '#runtime/turns.ts';
import type { RecordInsight } from './authorization/insight.ts';
import { readings } from './authorization/readings.ts';
import { feedGate } from './feeds/gate.ts';
import type { HistoryReader } from './history/reader.ts';
import { type ReadLimits, readLimits } from './limits.ts';
import { liveViews } from './live/live-views.ts';
import type { Operations } from './operation.ts';
import type { QueryServices } from './resolver-context.ts';
import { executableSchema, schemaDocument } from './schema/document.ts';
import { errorMask } from './transport/errors.ts';
import { type Authenticate, executor } from './transport/executor.ts';
import type { AllowedOrigin } from './transport/handshake.ts';
import type { KeptOperations } from './transport/kept-operations.ts';
import { negotiate } from './transport/media-types.ts';
import { sockets } from './transport/sockets.ts';

export interface GraphqlOptions {
  readonly registry: Registry;
  /** Every query, subscription and field, by context. */
  readonly operations: readonly Operations[];
  readonly dispatch: Dispatch;
  /** What is sent before a role shows what is secret. */
  readonly recordInsight: RecordInsight;
  readonly views: ViewReader;
  /** Only ever read. */
  readonly store: HistoryReader;
  readonly feed: EventFeed;
  readonly personKeys: QueryServices['personKeys'];
  readonly authenticate: Authenticate;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** What each person may have under way, over every transport together. */
  readonly perPerson: Turns;
  /** What each network and each person may ask in a while. */
  readonly quotas: Quotas;
  /** The machine's clock, also where the house lives by a simulated one: it bounds waits on real readers. */
  readonly clock: Clock;
  /** The clock that tokens are dated by. */
  readonly businessClock: Clock;
  /** By which feeds end before their token does. */
  readonly revocations: Pick<Revocations, 'watch'>;
  readonly newId: NewId;
  readonly logger: Log;
  /** Shows GraphiQL to browsers: for development. */
  readonly graphiql: boolean;
  /**
   * Whether a page of this origin may open a socket. One of the same host always may, and so may whatever sends no origin: it is
   * no browser. Without this no other page may.
   */
  readonly allowedOrigin?: AllowedOrigin;
  /** Whether the schema is told to whoever asks; it is by default. */
  readonly introspection?: boolean;
  /** Operations that may be asked for by their ids. */
  readonly kept?: KeptOperations | undefined;
  readonly limits?: Partial<ReadLimits>;
}

export interface GraphqlServer {
  /**
   * Answers GET, HEAD and POST, also by SSE; mounted without a prefix, at `/graphql`. Nothing before it may read the body. Rejects
   * where it has no answer of its own, or could not bring it to its end.
   */
  handler(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Takes the WebSocket upgrades to `/graphql` of a server. */
  attach(server: Server): void;
  /** Ends every feed with `unavailable` and every socket with 1001 and the reason; once. */
  close(reason: string): Promise<void>;
}

/** GraphQL over HTTP, SSE and WebSocket: one schema, one executor, the same limits and masks on each. */
export function graphqlServer(options: GraphqlOptions): GraphqlServer {
  const { operations, authenticate, graphiql, introspection = true, kept, ...others } = options;
  const { recordInsight, allowedOrigin, ...rest } = others;
  const { registry, dispatch, store, feed, clock, businessClock, logger, newId } = rest;
  const limits: ReadLimits = { ...readLimits, ...options.limits };
  const closing = new AbortController();
  const services: QueryServices = {
    ...rest,
    limits,
    live: liveViews(operations, { registry, store, feed, clock, logger, limits }),
    feeds: feedGate(limits),
    readings: readings({
      ...{ dispatch, registry, recordInsight },
      ...{ clock: businessClock, leaseMs: limits.readingLeaseMs },
    }),
    closing: closing.signal,
  };
  const schema = executableSchema(schemaDocument(registry, operations));
  const mask = errorMask(registry, logger, newId);
  const yoga = executor({ schema, services, mask, authenticate, graphiql, introspection, kept });
  const open = sockets(yoga, services, mask, { isAllowed: allowedOrigin, kept });
  let closed: Promise<void> | undefined;
  return {
    async handler(request, response) {
      negotiate(request, graphiql);
      // It is answered like GET: Node leaves the body away.
      if (request.method === 'HEAD') request.method = 'GET';
      // Yoga's own listener would answer what it did not expect with the stack of it, and tell nobody.
      const answer = await yoga.handleNodeRequestAndResponse(request, response, {
        req: request,
        res: response,
      });
      // The rest of a body that nobody read still stands in the connection: it cannot carry another request.
      if (!request.complete) response.setHeader('Connection', 'close');
      await sendNodeResponse(answer, response, request, true);
    },
    attach: (server) => open.attach(server),
    close(reason) {
      closing.abort();
      closed ??= open.close(reason);
      return closed;
    },
  };
}
