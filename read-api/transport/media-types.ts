import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import { RefusedRequestError } from '#runtime/refused-request.ts';

// Media types by RFC 9110: without regard to case, with parameters, and with `q=0` as the no that it is.

const HTML = 'text/html';
const EVENTS = 'text/event-stream';
/** What answers are made in; the first where a caller takes anything. */
const ANSWERS = ['application/json', 'application/graphql-response+json'];
/** A negotiator takes a type with a parameter for another one; of JSON's, this says what is so without it. */
const UTF8 = '; charset=utf-8';

/** Negotiating takes time for every type named; clients name a few, browsers most: some 150 characters. */
const ACCEPT_LENGTH = 500;
/** What clients say is the same in every request of theirs: as many answers are kept. */
const KEPT = 100;
const kept = new Map<string, readonly string[]>();

function preferred(accept: string, offered: readonly string[]): readonly string[] {
  const key = `${offered.join()} ${accept}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const variants = [...offered, ...offered.map((type) => type + UTF8)];
  const taken = new Negotiator({ headers: { accept } }).mediaTypes(variants);
  const types = [...new Set(taken.map((type) => type.replace(UTF8, '')))];
  if (kept.size >= KEPT) kept.clear();
  kept.set(key, types);
  return types;
}

/**
 * Leaves in `Accept` what the answer can be in, by the caller's preference and in plain words: yoga reads neither `q` nor the
 * order of types. It asks before anything is done: a command must not be carried out whose answer nobody takes.
 *
 * @param pages whether there is a page for browsers
 * @throws RefusedRequestError (400 for one without end, 406)
 */
export function negotiate(request: IncomingMessage, pages: boolean): void {
  const path = 'Accept';
  const accept = request.headers.accept || '*/*';
  if (accept.length > ACCEPT_LENGTH)
    throw new RefusedRequestError(400, `longer than ${ACCEPT_LENGTH} characters`, { path });
  // An answer to HEAD has an end, which a feed has not.
  const answers = request.method === 'HEAD' ? ANSWERS : [...ANSWERS, EVENTS];
  const offered = pages && request.method !== 'POST' ? [...answers, HTML] : answers;
  const types = preferred(accept, offered);
  if (types.length === 0)
    throw new RefusedRequestError(406, `the answer can be ${offered.join(', ')}`, { path });
  request.headers.accept = types[0] === HTML ? HTML : types.filter((type) => type !== HTML).join(', ');
}
