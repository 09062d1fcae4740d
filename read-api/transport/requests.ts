import { type DocumentNode, GraphQLError, getOperationAST } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import { z } from 'zod';
import { Invalid } from '#domain/kernel/rejections.ts';
import { contentTypeOf, isEncoded } from '#runtime/headers.ts';
import { readJsonText, readUtf8 } from '#runtime/json-text.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import type { Transported } from './caller.ts';
import { GRAPHIQL_POLICY } from './graphiql.ts';
import { type KeptOperations, textOf } from './kept-operations.ts';

// What is wrong with a request before there is an operation in it. Yoga's own parsers repair what is no UTF-8, take one of two
// values, and mind the case of a media type; here the request is read by the rules of the house in their place.

const PROBLEM: Readonly<Record<number, string>> = {
  406: 'The operation cannot be answered in a content type that you accept: feeds need text/event-stream.',
};

const isFields = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Handed on as it is: copying it would make keys of the prototype something else. */
const Fields = z.custom<Record<string, unknown>>(isFields, 'an object').nullish();
const Params = z.strictObject({
  query: z.string().nullish(),
  documentId: z.string().max(255).nullish(),
  operationName: z.string().nullish(),
  variables: Fields,
  extensions: Fields,
});
const NAMES: readonly string[] = Object.keys(Params.shape);
const IN_JSON: readonly string[] = ['variables', 'extensions'];

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new RefusedRequestError(400, 'not UTF-8, or not encoded as in an address');
  }
}

/** The parameters of an address; others than ours may stand beside them. */
function addressParams(text: string): unknown {
  const params = new Map<string, unknown>();
  for (const pair of text.split('&')) {
    const [key = '', ...rest] = pair.split('=');
    const name = decoded(key);
    const value = decoded(rest.join('='));
    if (!NAMES.includes(name)) continue;
    if (params.has(name)) throw new RefusedRequestError(400, 'it stands there twice', { path: name });
    if (!IN_JSON.includes(name)) params.set(name, value);
    else params.set(name, value === '' ? undefined : readJsonText(value));
  }
  return Object.fromEntries(params);
}

/**
 * By content type, from the text of the body. None of them is one that a page of another site can make a browser send without asking
 * first: a form is not taken, and GET changes nothing.
 */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'application/json': readJsonText,
  'application/graphql+json': readJsonText,
  'application/graphql': (query) => ({ query }),
};

async function bodyParams(request: Request): Promise<unknown> {
  const { type, charset } = contentTypeOf(request.headers.get('content-type'));
  const read = readers[type];
  if (read === undefined || charset !== 'utf-8')
    throw new RefusedRequestError(415, 'the content type has to be application/json');
  return read(readUtf8(new Uint8Array(await request.arrayBuffer())));
}

/** What is asked for, or the refusal of what is no request: 400 whatever the caller accepts, 413 or 415. */
async function paramsOf(request: Request, target: string, kept: KeptOperations | undefined) {
  const [, ...inAddress] = target.split('?');
  const given = request.method === 'GET' ? addressParams(inAddress.join('?')) : await bodyParams(request);
  const { data, error } = Params.safeParse(given);
  const [issue] = error?.issues ?? [];
  if (issue) throw new RefusedRequestError(400, issue.message, { path: issue.path.map(String).join('.') });
  const { operationName, variables, extensions } = data ?? {};
  const query = textOf(data ?? {}, kept);
  if (query === undefined)
    throw new RefusedRequestError(400, 'a text is needed, or an id', { path: 'query' });
  return {
    query,
    ...(operationName && { operationName }),
    ...(variables && { variables }),
    ...(extensions && { extensions }),
  };
}

/** Every request that is none gets the code `invalid` in a body, and its status. */
export function requestGuards(kept: KeptOperations | undefined): Plugin<object, Transported> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (isEncoded(request.headers.get('content-encoding')))
        throw new RefusedRequestError(415, 'a body with a content encoding is not taken');
      if (request.method !== 'GET' && request.method !== 'POST') return;
      setRequestParser(async (bounded) => {
        try {
          // Yoga puts the address together again; what was asked is as it came.
          return await paramsOf(bounded, serverContext.req?.url ?? request.url, kept);
        } catch (error) {
          if (error instanceof GraphQLError || error instanceof RefusedRequestError) throw error;
          // Whoever sent it has hung up in the middle.
          throw new RefusedRequestError(400, 'the body ended before its end');
        }
      });
    },
    onParse: () => (parsed) => {
      const { request, params } = parsed.context as Partial<YogaInitialContext>;
      if (request === undefined || parsed.result instanceof Error) return;
      if (getOperationAST(parsed.result as DocumentNode, params?.operationName)) return;
      // It is a request, and a no of GraphQL's own: as such it is told where older clients expect 200.
      throw new GraphQLError('Could not determine what operation to execute.', {
        extensions: { code: Invalid.code, http: { status: 400, spec: true } },
      });
    },
    onResponse({ response, setResponse, fetchAPI }) {
      // Whether the connection goes on is between the port and its peer; yoga's feeds say that it does.
      if (response.headers.get('connection') !== null) response.headers.delete('connection');
      // `none` is no coding that anybody has registered; a proxy that collects a feed before it hands it on would make it none.
      if (response.headers.get('content-encoding') === 'none') {
        response.headers.delete('content-encoding');
        response.headers.set('x-accel-buffering', 'no');
      }
      if (response.headers.get('content-type')?.startsWith('text/html'))
        response.headers.set('content-security-policy', GRAPHIQL_POLICY);
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
