import type { Readable } from 'node:stream';
import type { Request } from 'express';
import { contentTypeOf, declaredLength, isEncoded } from '#runtime/headers.ts';
import { readJsonText, readUtf8 } from '#runtime/json-text.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';

/**
 * The largest body of a request: the longest command that fits its schema, in UTF-8, and some blanks between its words.
 * Whoever sends more means harm or another endpoint.
 */
export const BODY_BYTES = 128 * 1024;

const tooLarge = (most: number): RefusedRequestError =>
  new RefusedRequestError(413, `the body is larger than ${most} bytes`);
const malformed = (problem: string): RefusedRequestError => new RefusedRequestError(400, problem);

type Incoming = Pick<Request, 'headers'> & Readable;

async function collect(request: Incoming, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early must not destroy the connection: the answer still has to go out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The bytes of a body.
 * @param most how many, at most
 * @throws RefusedRequestError beyond that, and for a body in a content encoding: nobody needs to compress a command, and what
 * is not inflated cannot explode; RejectedError with `invalid` where whoever sends it hangs up
 */
export async function readBytes(request: Incoming, most: number = BODY_BYTES): Promise<Buffer> {
  if (isEncoded(request.headers['content-encoding']))
    throw new RefusedRequestError(415, 'a body with a content encoding is not taken');
  if ((declaredLength(request.headers) ?? 0) > most) throw tooLarge(most);
  return collect(request, most).catch((error: unknown) => {
    // Nobody will read the answer, and the failure is not ours.
    throw request.destroyed ? malformed('the body ended before its end') : error;
  });
}

/**
 * The JSON of a body; nothing is guessed: another content type is refused, and so are bytes that are not UTF-8.
 * @param most bytes, at most
 * @throws RefusedRequestError
 */
export async function readJson(request: Incoming, most: number = BODY_BYTES): Promise<unknown> {
  const { type, charset } = contentTypeOf(request.headers['content-type']);
  // JSON is UTF-8 (RFC 8259); saying so is allowed, saying otherwise is not, and other parameters mean nothing.
  if (type !== 'application/json' || charset !== 'utf-8')
    throw new RefusedRequestError(415, 'the content type has to be application/json');
  return readJsonText(readUtf8(await readBytes(request, most)));
}
