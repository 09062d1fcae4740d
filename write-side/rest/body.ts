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

/** The body was refused before it was read to its end; the connection cannot be used for another request. */
export class BodyTooLarge extends Rejected {
  constructor() {
    super(Invalid({ issues: [{ path: '', problem: `the body is larger than ${BODY_BYTES} bytes` }] }));
    this.name = 'BodyTooLarge';
  }
}

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

/**
 * The bytes of a body.
 * @throws BodyTooLarge beyond {@link BODY_BYTES}; Rejected for a body in a content encoding: nobody needs to compress a
 * command, and what is not inflated cannot explode.
 */
export async function readBytes(request: Pick<Request, 'headers'> & Readable): Promise<Buffer> {
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw malformed('a body with a content encoding is not taken');
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early must not destroy the connection: the answer still has to go out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
 * The JSON of a body; nothing is guessed: bytes that are not UTF-8 are refused rather than replaced.
 * @throws Rejected with `invalid`
 */
export async function readJson(request: Pick<Request, 'headers'> & Readable): Promise<unknown> {
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
