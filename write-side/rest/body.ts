import type { Readable } from 'node:stream';
import type { Request } from 'express';
import type { z } from 'zod';
import { Invalid, Rejected } from '#domain/kernel/rejections.ts';

/** The largest body of a request. A command carries a few fields; whoever sends more means harm or another endpoint. */
export const BODY_BYTES = 64 * 1024;
/** No command nests deeper; parsers that recurse must not be led to the end of their stack. */
const MAX_DEPTH = 32;
/** As many issues as the rejection `invalid` may name. */
const MAX_ISSUES = 20;

/** A body that is refused for its size or kind: `invalid`, with the HTTP status that says which. */
export class BodyRefused extends Rejected {
  readonly status: 413 | 415;
  constructor(status: 413 | 415, problem: string) {
    super(Invalid({ issues: [{ path: '', problem }] }));
    this.name = 'BodyRefused';
    this.status = status;
  }
}

/** JSON is UTF-8 (RFC 8259); saying so is allowed, saying otherwise is not. */
const JSON_TYPE = /^application\/json *(; *charset="?utf-8"? *)?$/i;

const malformed = (problem: string): Rejected => new Rejected(Invalid({ issues: [{ path: '', problem }] }));

/** What zod found wrong, as the rejection that an edge answers with. */
export const invalid = (error: z.ZodError): Rejected =>
  new Rejected(
    Invalid({
      issues: error.issues
        .slice(0, MAX_ISSUES)
        .map(({ path, message }) => ({ path: path.map(String).join('.'), problem: message })),
    }),
  );

type Incoming = Pick<Request, 'headers'> & Readable;

async function collect(request: Incoming, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early must not destroy the connection: the answer still has to go out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw new BodyRefused(413, `the body is larger than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The bytes of a body.
 * @throws BodyRefused beyond `most` bytes, and for a body in a content encoding: nobody needs to compress a command, and what
 * is not inflated cannot explode; Rejected with `invalid` where whoever sends it hangs up
 */
export async function readBytes(request: Incoming, most: number = BODY_BYTES): Promise<Buffer> {
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new BodyRefused(415, 'a body with a content encoding is not taken');
  if (Number(request.headers['content-length'] ?? 0) > most)
    throw new BodyRefused(413, `the body is larger than ${most} bytes`);
  return collect(request, most).catch((error: unknown) => {
    // Nobody will read the answer, and the failure is not ours.
    throw request.destroyed ? malformed('the body ended before its end') : error;
  });
}

/** Whether a value nests deeper than {@link MAX_DEPTH}; looks level by level, and so never recurses itself. */
function tooDeep(json: unknown): boolean {
  let level: readonly unknown[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as readonly unknown[]) : [],
    );
  }
  return false;
}

/**
 * The JSON of a body; nothing is guessed: another content type is refused, and so are bytes that are not UTF-8.
 * @throws Rejected with `invalid`
 */
export async function readJson(request: Incoming): Promise<unknown> {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new BodyRefused(415, 'the content type has to be application/json');
  const bytes = await readBytes(request);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('the body is not UTF-8');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed('the body is not JSON');
  }
  if (tooDeep(json)) throw malformed(`the body nests deeper than ${MAX_DEPTH} levels`);
  return json;
}
