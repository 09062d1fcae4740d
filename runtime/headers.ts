import type { IncomingHttpHeaders } from 'node:http';
import { parse } from 'content-type';

// What the headers of a request say of its body (RFC 9110): without regard to case, whatever it came by.

type Said = string | null | undefined;

/** The type and charset of a body, in lower case; JSON and all that GraphQL is sent in is UTF-8 unless it says otherwise. */
export function contentTypeOf(header: Said): { readonly type: string; readonly charset: string } {
  const { type, parameters } = parse(header ?? '');
  return { type, charset: (parameters.charset ?? 'utf-8').toLowerCase() };
}

/** Whether a body has to be inflated or decoded, which nobody's has to be: what is not inflated cannot explode. */
export const isEncoded = (contentEncoding: Said): boolean =>
  (contentEncoding ?? 'identity').toLowerCase() !== 'identity';

/** How long a body says it is, in bytes, however long that is; undefined: it says nothing, or nothing that can be meant. */
export function declaredLength(headers: Pick<IncomingHttpHeaders, 'content-length'>): number | undefined {
  const said = headers['content-length'];
  return said !== undefined && /^\d+$/.test(said) ? Number(said) : undefined;
}
