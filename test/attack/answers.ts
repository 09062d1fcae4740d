import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import { closeCodes } from '../support/close-codes.ts';

// What may leave the port: the catalogue's answers, declared pages, the protocol's own words, and nothing of whoever made them.

/** How libraries, Node and stacks talk. */
const LEAKS: readonly RegExp[] = [
  /node_modules|node:internal|node:_|file:\/\/\//,
  /\bat (?:async )?[\w.<>[\] ]+ \(|\.(?:ts|js|mjs):\d+/,
  /\b(?:Type|Range|Reference|URI|Syntax|Aggregate|Zod)Error\b|\bERR_[A-Z_]+|\bHPE_[A-Z_]+|Parse Error/,
  /\bE(?:CONN|ADDR|PIPE|NOENT|MFILE|INVAL)[A-Z]*\b/,
  /<pre>|Cannot [A-Z]+ \/|Unexpected token|is not valid JSON|Failed to decode|Invalid URL|SQLITE_/,
];
/** Something of ours is broken or gone: no stranger may bring that about. */
const FAILURES: ReadonlySet<string> = new Set([
  'internal',
  'parked',
  'newer_version',
  'contended',
  'unavailable',
]);
/** A status of the server's own fault that is declared: it says when to come again. */
const DECLARED_5XX: ReadonlySet<number> = new Set([501, 503, 505]);

const Coded = z.looseObject({ code: z.string() });
const Errors = z.looseObject({
  errors: z.array(z.looseObject({ extensions: z.looseObject({ code: z.string() }) })).min(1),
});
const Message = z.looseObject({
  type: z.enum(['connection_ack', 'ping', 'pong', 'next', 'error', 'complete']),
  payload: z.unknown().optional(),
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The codes in an answer of REST or GraphQL; none where it holds no no. */
export function codesIn(json: unknown): readonly string[] {
  const errors = Errors.safeParse(json).data?.errors.map(({ extensions }) => extensions.code);
  const code = Coded.safeParse(json).data?.code;
  return errors ?? (code === undefined ? [] : [code]);
}

function codeProblems(codes: readonly string[]): readonly string[] {
  return codes.flatMap((code) => {
    if (!registry.rejections.has(code)) return [`${code} is no code of the catalogue`];
    return FAILURES.has(code) ? [`the answer is ${code}`] : [];
  });
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** All of it has come. */
  readonly whole: boolean;
}

const HEAD_END = '\r\n\r\n';

/** A chunked body, and where it ends; undefined where it has not come to its end. */
function unchunked(bytes: Buffer): { readonly body: Buffer; readonly length: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (end < 0 || Number.isNaN(size) || bytes.length < end + 4 + size) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), length: end + 4 };
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}

function headOf(text: string): Pick<HttpAnswer, 'status' | 'headers'> | undefined {
  const [line = '', ...fields] = text.split('\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(line) ?? [];
  if (status === undefined) return undefined;
  const headers = new Map(
    fields.map((field): [string, string] => {
      const [name = '', ...value] = field.split(':');
      return [name.toLowerCase(), value.join(':').trim()];
    }),
  );
  return { status: Number(status), headers };
}

function bodyOf(
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  rest: Buffer,
  isHead: boolean,
): Pick<HttpAnswer, 'body' | 'whole'> & { readonly length: number } {
  const nothing = { body: Buffer.alloc(0), whole: true, length: 0 };
  // Of a request that could not be read to its end nobody knows that it was a HEAD: its last answer says why.
  const isUnread = status === 400 && headers.get('connection') === 'close' && rest.length > 0;
  if ((isHead && !isUnread) || status < 200 || status === 204 || status === 304) return nothing;
  const cut = { body: rest, whole: false, length: rest.length };
  if (headers.get('transfer-encoding') === 'chunked') {
    const found = unchunked(rest);
    return found === undefined ? cut : { ...found, whole: true };
  }
  const length = headers.get('content-length');
  // Without either, the body ends with the connection.
  if (length === undefined) return { ...cut, whole: true };
  const known = Number(length);
  return rest.length < known ? cut : { body: rest.subarray(0, known), whole: true, length: known };
}

export interface Reading {
  readonly answers: readonly HttpAnswer[];
  /** What stands behind the answers: frames behind a 101, else nothing that anybody has asked for. */
  readonly rest: Buffer;
}

/** Reads answers one behind another. `methods`: what was asked, since an answer to HEAD has no body. */
export function readAnswers(bytes: Buffer, methods: readonly string[] = []): Reading {
  const answers: HttpAnswer[] = [];
  let at = 0;
  for (let asked = 0; at < bytes.length; ) {
    const end = bytes.indexOf(HEAD_END, at);
    if (end < 0) break;
    const head = headOf(bytes.toString('latin1', at, end));
    if (head === undefined) break;
    const rest = bytes.subarray(end + HEAD_END.length);
    const { body, whole, length } = bodyOf(head, rest, methods[asked] === 'HEAD');
    answers.push({ ...head, body, whole });
    at = end + HEAD_END.length + length;
    if (head.status === 101) break;
    if (head.status >= 200) asked += 1;
  }
  return { answers, rest: bytes.subarray(at) };
}

/** What is wrong with a body that has a type of its own. */
function contentProblems({ status, headers, body, whole }: HttpAnswer, isPage: boolean): readonly string[] {
  const type = headers.get('content-type') ?? '';
  const text = body.toString();
  if (/^text\/event-stream/.test(type))
    return text
      .split('\n')
      .filter((line) => line.startsWith('data: {') && line.endsWith('}'))
      .flatMap((line) => codeProblems(codesIn(parsed(line.slice(6)))));
  if (/^multipart\/mixed/.test(type))
    return text
      .split('\r\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .flatMap((line) => codeProblems(codesIn(parsed(line))));
  if (!whole || status < 200 || status === 204 || status === 304) return [];
  const json = parsed(text);
  if (isPage && /^text\/html/.test(type)) return [];
  if (status >= 400 || /json/.test(type)) {
    const codes = codesIn(json);
    if (json === undefined)
      return [`${status} with a body that is no JSON: ${JSON.stringify(text.slice(0, 200))}`];
    if (status >= 400 && codes.length === 0) return [`${status} without a code: ${text.slice(0, 200)}`];
    return codeProblems(codes);
  }
  const elsewhere = headers.get('location') ?? '';
  if (status >= 300) return /^\/[a-z-]+$/.test(elsewhere) ? [] : [`${status} sends people to ${elsewhere}`];
  return /^text\/(html|plain)/.test(type) || body.length === 0
    ? []
    : [`a page of the type ${JSON.stringify(type)}`];
}

interface Expected {
  /** What was asked, in order. */
  readonly methods?: readonly string[];
  /** What the bytes may not hold, besides the words of libraries. */
  readonly secrets: readonly string[];
  /** A page is asked for, and may say no as a page. */
  readonly isPage?: boolean;
}

/** What is wrong with bytes that came over HTTP; nothing where none came, or they were cut off in the middle. */
export function httpProblems(
  bytes: Buffer,
  { methods = [], secrets, isPage = false }: Expected,
): readonly string[] {
  const { answers, rest } = readAnswers(bytes, methods);
  const upgraded = answers.at(-1)?.status === 101;
  const next = rest.toString('latin1', 0, 200);
  const isAnswer = next.startsWith('HTTP/1.1 ') || 'HTTP/1.1 '.startsWith(next);
  return [
    ...leaks(bytes, answers, secrets),
    ...answers.flatMap((answer, asked) => [
      ...(answer.status >= 500 && !DECLARED_5XX.has(answer.status) ? [`the status is ${answer.status}`] : []),
      ...(methods[asked] === 'HEAD' ? [] : contentProblems(answer, isPage)),
    ]),
    ...(upgraded ? frameProblems(rest) : []),
    ...(upgraded || isAnswer ? [] : [`bytes that are no answer: ${JSON.stringify(next)}`]),
  ];
}

/** Pages are made to be read, and hold programs; all else is searched for the words of libraries. */
function leaks(bytes: Buffer, answers: readonly HttpAnswer[], secrets: readonly string[]): readonly string[] {
  const text = bytes.toString();
  const isPage = answers.some(({ headers }) => /^text\/(html|plain)/.test(headers.get('content-type') ?? ''));
  const isError = answers.some(({ status }) => status >= 400);
  const leaked = isPage && !isError ? undefined : LEAKS.map((leak) => leak.exec(text)?.[0]).find(Boolean);
  const found = leaked ?? secrets.find((secret) => text.includes(secret));
  if (found === undefined) return [];
  const at = Math.max(0, text.indexOf(found) - 100);
  return [`an answer holds ${JSON.stringify(found)}: ${JSON.stringify(text.slice(at, at + 300))}`];
}

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The frames of a server, as far as they have come. */
export function readFrames(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes.readUInt8(at + 1) & 0x7f;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const begins = at + 2 + extra;
    if (begins > bytes.length) break;
    const length =
      extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (begins + length > bytes.length) break;
    frames.push({ opcode: bytes.readUInt8(at) & 0x0f, payload: bytes.subarray(begins, begins + length) });
    at = begins + length;
  }
  return frames;
}

/** The code that the last frame closes with, if one does; 1005 where it says none. */
export function closedWith(frames: readonly Frame[]): number | undefined {
  const close = frames.find(({ opcode }) => opcode === 8);
  if (close === undefined) return undefined;
  return close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005;
}

/** What is wrong with what a socket was told. */
export function frameProblems(bytes: Buffer): readonly string[] {
  const frames = readFrames(bytes);
  const closed = closedWith(frames);
  const texts = frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString());
  return [
    ...(closed === undefined || closeCodes.has(closed) ? [] : [`closed with ${closed}`]),
    ...texts.flatMap((text) => {
      const message = Message.safeParse(parsed(text)).data;
      if (message === undefined) return [`a message that is none: ${text.slice(0, 200)}`];
      const { type, payload } = message;
      if (type === 'next') return codeProblems(codesIn(payload));
      return type === 'error' ? codeProblems(codesIn({ errors: payload })) : [];
    }),
  ];
}
