import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { ViewReader } from '#domain/kernel/ports/views.ts';
import { keptOperations } from '../kept-operations.ts';
import { offered } from '../production.ts';
import { readApi } from '../read-api.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Answers and tells: GraphQL over HTTP, SSE and WebSocket. */
export function readApiRole(
  { engines, config, log, authenticate, addressOf, perPerson, quotas, allowedOrigin, limits }: Surroundings,
  { dispatch, views }: { readonly dispatch: Dispatch; readonly views: ViewReader },
): RunningRole {
  const { graphiql, introspection } = offered(config);
  const { graphql, routers } = readApi(engines, {
    ...{ dispatch, views, log, authenticate, addressOf, perPerson, quotas, allowedOrigin, graphiql },
    introspection,
    kept: keptOperations(config),
    limits: limits.read ?? {},
  });
  return {
    routers,
    opened: ({ server }) => graphql.attach(server),
    leave: () => graphql.close('going away'),
  };
}
