import type { IncomingMessage } from 'node:http';
import { parse } from 'content-type';
import Negotiator from 'negotiator';
import { RefusedRequest } from '#domain/kernel/rejections.ts';

// Media types by RFC 9110: without regard to case, with parameters, and with `q=0` as the no that it is.

const HTML = 'text/html';
const EVENTS = 'text/event-stream';
/** What answers are made in; the first where a caller takes anything. */
const ANSWERS = ['application/json', 'application/graphql-response+json'];
/** A negotiator takes a type with a parameter for another one; of JSON's, this says what is so without it. */
const UTF8 = '; charset=utf-8';

/** The type and charset of a body, in lower case; JSON and all that GraphQL is sent in is UTF-8 unless it says otherwise. */
export function contentTypeOf(header: string | null): { readonly type: string; readonly charset: string } {
  const { type, parameters } = parse(header ?? '');
  return { type, charset: (parameters.charset ?? 'utf-8').toLowerCase() };
}

/**
 * Leaves in `Accept` what the answer can be in, by the caller's preference and in plain words: yoga reads neither `q` nor the
 * order of types. It asks before anything is done: a command must not be carried out whose answer nobody takes.
 *
 * @param pages whether there is a page for browsers
 * @throws RefusedRequest (406)
 */
export function negotiate(request: IncomingMessage, pages: boolean): void {
  // An answer to HEAD has an end, which a feed has not.
  const offered = request.method === 'HEAD' ? ANSWERS : [...ANSWERS, EVENTS];
  const plain = pages && request.method !== 'POST' ? [...offered, HTML] : offered;
  const { accept } = request.headers;
  const negotiator = new Negotiator({ headers: accept ? { accept } : {} });
  const taken = negotiator.mediaTypes([...plain, ...offered.map((type) => type + UTF8)]);
  const types = [...new Set(taken.map((type) => type.replace(UTF8, '')))];
  if (types.length === 0)
    throw new RefusedRequest(406, `the answer can be ${plain.join(', ')}`, { path: 'Accept' });
  request.headers.accept = types[0] === HTML ? HTML : types.filter((type) => type !== HTML).join(', ');
}
