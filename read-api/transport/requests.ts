import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { Invalid } from '#domain/kernel/rejections.ts';

// What is wrong with a request before there is an operation in it. Yoga answers some of this with an empty body, and takes what
// its parsers throw for a failure of ours.

const PROBLEM: Readonly<Record<number, string>> = {
  406: 'The operation cannot be answered in a content type that you accept: feeds need text/event-stream.',
  415: 'The body is of a content type or encoding that is not taken.',
};

/**
 * What yoga's parsers throw, by its status also for whoever accepts `application/json`: such clients expect 200 for an operation
 * that went wrong, and this is none. Yoga marks some of it as theirs all the same.
 */
const unreadable = (error: unknown): GraphQLError => {
  const told = error instanceof GraphQLError ? error : new GraphQLError('The request cannot be read.');
  return new GraphQLError(told.message, {
    extensions: { code: Invalid.code, http: { status: told.extensions.http?.status ?? 400 } },
  });
};

/** Every request that is none gets the code `invalid` in a body, and its status. */
export function requestGuards(): Plugin {
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      // What is not inflated cannot explode.
      if ((request.headers.get('content-encoding') ?? 'identity') !== 'identity')
        endResponse(new fetchAPI.Response(null, { status: 415 }));
    },
    onRequestParse({ requestParser, setRequestParser }) {
      if (requestParser === undefined) return;
      setRequestParser(async (request) => {
        try {
          return await requestParser(request);
        } catch (error) {
          throw unreadable(error);
        }
      });
    },
    onResponse({ response, setResponse, fetchAPI }) {
      if (response.status < 400 || response.body !== null) return;
      const message = PROBLEM[response.status] ?? 'The request is not one of GraphQL over HTTP.';
      const body = JSON.stringify({ errors: [{ message, extensions: { code: Invalid.code } }] });
      const headers = new fetchAPI.Headers(response.headers);
      headers.set('content-type', 'application/json; charset=utf-8');
      headers.delete('content-length');
      setResponse(new fetchAPI.Response(body, { status: response.status, headers }));
    },
  };
}
