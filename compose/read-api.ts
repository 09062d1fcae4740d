import type { IncomingMessage } from 'node:http';
import { Router } from 'express';
import { RecordReading } from '#domain/auctions/inspector/messages.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate } from '#domain/kernel/ports/tokens.ts';
import type { ViewReader } from '#domain/kernel/ports/views.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import { type GraphqlServer, graphqlServer } from '#read-api/server.ts';
import type { KeptOperations } from '#read-api/transport/kept-operations.ts';
import type { Turns } from '#runtime/turns.ts';
import { operations, registry } from './contexts.ts';
import type { CommonEngines } from './engines.ts';
import type { AllowedOrigin } from './origins.ts';

/** GraphQL over HTTP, SSE and WebSocket. */
export function readApi(
  engines: CommonEngines,
  options: {
    readonly dispatch: Dispatch;
    readonly authenticate: Authenticate;
    readonly addressOf: (request: IncomingMessage) => string | undefined;
    readonly perPerson: Turns;
    /** What each network and each person may ask in a while. */
    readonly quotas: Quotas;
    readonly views: ViewReader;
    readonly log: Log;
    readonly graphiql: boolean;
    readonly introspection: boolean;
    readonly kept: KeptOperations | undefined;
    readonly allowedOrigin: AllowedOrigin;
    readonly limits: Partial<ReadLimits>;
  },
): { readonly graphql: GraphqlServer; readonly routers: readonly Router[] } {
  const { store, feed, personKeys, clock: businessClock, machineClock, newId, revocations } = engines;
  const { dispatch, authenticate, addressOf, perPerson, quotas, views, log, limits } = options;
  const { graphiql, introspection, kept, allowedOrigin } = options;
  const graphql = graphqlServer({
    registry,
    operations,
    dispatch,
    recordInsight: RecordReading,
    views,
    store,
    feed,
    personKeys,
    authenticate: (token) => authenticate(`Bearer ${token}`),
    addressOf,
    perPerson,
    quotas,
    clock: machineClock,
    businessClock,
    revocations,
    newId,
    logger: log,
    graphiql,
    introspection,
    kept,
    allowedOrigin,
    limits,
  });
  return {
    graphql,
    routers: [
      Router({ caseSensitive: true, strict: true })
        .get('/graphql', graphql.handler)
        .post('/graphql', graphql.handler),
    ],
  };
}
