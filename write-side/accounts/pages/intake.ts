import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';
import { contentTypeOf } from '#runtime/headers.ts';
import { readUtf8 } from '#runtime/json-text.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { readBytes } from '../../rest/body.ts';

// What comes with a form, and whether it is one of ours.

/** Of one form, in bytes. */
export const FORM_BYTES = 64 * 1024;
const MOST_FIELDS = 32;

/** What was entered, by the names of fields. */
export type Entered = Readonly<Record<string, string>>;

/**
 * Whether a form stood on a page of this origin. Browsers say so by themselves, and no page can make them say otherwise; who says
 * neither is refused. Cookies are `SameSite=Lax` besides, which a sub-domain of ours could still pass.
 */
export function isOwnForm(headers: IncomingHttpHeaders, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined ? headers.origin === origin : site === 'same-origin';
}

/**
 * The fields of a form.
 *
 * @throws RefusedRequestError 413 above {@link FORM_BYTES}, 415 for another content type, 400 for what is no form, or has a field twice
 */
export async function readForm(request: Request): Promise<Entered> {
  const { type, charset } = contentTypeOf(request.headers['content-type']);
  if (type !== 'application/x-www-form-urlencoded' || charset !== 'utf-8')
    throw new RefusedRequestError(415, 'the content type has to be application/x-www-form-urlencoded');
  const pairs = [...new URLSearchParams(readUtf8(await readBytes(request, FORM_BYTES)))];
  const fields = new Map(pairs);
  if (pairs.length > MOST_FIELDS || fields.size < pairs.length)
    throw new RefusedRequestError(400, 'more fields than a form has, or one twice');
  return Object.fromEntries(fields);
}
