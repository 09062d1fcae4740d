import type { ExecutionResult } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { JSON_TYPE } from './customer.ts';

/** What is sent to GraphQL, whatever it comes by. */
export interface Asked {
  readonly query?: string;
  readonly documentId?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
}
export type Ask = (asked: Asked) => Promise<ExecutionResult>;

/** One question, over HTTP and over a socket. */
export function bothWays(origin: string, authorization?: string) {
  const url = `${origin}/graphql`;
  const client = createClient({
    ...{ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 },
    // One socket for all that is asked.
    lazyCloseTimeout: 500,
    connectionParams: { authorization: authorization ?? '' },
  });
  const byHttp: Ask = async (asked) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...(authorization && { authorization }) },
      body: JSON.stringify(asked),
    });
    return (await response.json()) as ExecutionResult;
  };
  const bySocket: Ask = async ({ query = '', ...asked }) => {
    const answers = client.iterate({ ...asked, query } as Parameters<typeof client.iterate>[0]);
    try {
      return (await answers.next()).value as ExecutionResult;
    } catch (errors) {
      // What is no operation is refused by a message of its own.
      if (!Array.isArray(errors)) throw errors;
      return { errors };
    }
  };
  return {
    ways: Object.entries({ HTTP: byHttp, 'a socket': bySocket }),
    close: () => client.dispose(),
  };
}
