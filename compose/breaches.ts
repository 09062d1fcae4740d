import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid } from '#domain/kernel/rejections.ts';
import { lastRejection } from '#domain/kernel/wire.ts';

// What reaches no router: bytes that are no HTTP, requests that never end, methods and expectations that are not for us. Node
// would answer these with an empty body or not at all; here they get a code like every other no.

/** What Node's parser says of a breach. */
interface ClientError extends Error {
  readonly code?: string;
  /** The bytes it stumbled in, and after how many. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
const PROBLEM: Readonly<Record<number, string>> = {
  400: 'not a request of HTTP/1.1',
  408: 'the request did not arrive in time',
  413: 'the extensions of a chunk are too long',
  417: 'this expectation cannot be met',
  431: 'the header is too large',
  501: 'the method is none that is known here',
  505: 'a version of HTTP that is not spoken here',
};
const refusal = (status: number) => Invalid({ issues: [{ path: '', problem: PROBLEM[status] ?? '' }] });

/** Requests in form, by a method or in a version that Node's parser knows nothing of; everything else is no request. */
const FORMS: Readonly<Record<string, readonly [form: RegExp, status: number]>> = {
  HPE_INVALID_METHOD: [/^[!#$%&'*+.^_`|~\w-]+ \S+ HTTP\/1\.[01]\r\n/, 501],
  HPE_INVALID_VERSION: [/^\S+ \S+ HTTP\/(?!1\.)\d\.\d\r\n/, 505],
};

function statusOf({ code = '', rawPacket, bytesParsed = 0 }: ClientError): number {
  const [form, status] = FORMS[code] ?? [];
  if (form === undefined || status === undefined) return STATUS[code] ?? 400;
  const text = rawPacket?.toString('latin1') ?? '';
  const request = text.slice(text.lastIndexOf('\n', bytesParsed - 1) + 1);
  return form.test(request) ? status : 400;
}

/** Answers breaches of the protocol with `invalid` and ends their connections. */
export function answerBreaches(server: Server, registry: Registry): void {
  /** The response that a connection is busy with, or was last. */
  const responses = new WeakMap<Duplex, ServerResponse>();

  /** A no of the protocol is the last word on its connection, and never the answer to what was asked there before. */
  function refuse(socket: Duplex, status: number): void {
    const say = () => socket.end(lastRejection(registry, refusal(status), status));
    const response = responses.get(socket);
    if (response === undefined || response.writableFinished) say();
    else if (response.req.complete) response.once('finish', say);
    // The breach is in the request that is being answered.
    else if (response.headersSent) socket.destroy();
    else say();
  }

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    responses.set(request.socket, response);
  });
  server.on('clientError', (error: ClientError, socket) => {
    if (socket.writable) refuse(socket, statusOf(error));
    else socket.destroy();
  });
  server.on('connect', (_request, socket) => refuse(socket, 501));
  server.on('checkExpectation', ({ socket }: IncomingMessage) => refuse(socket, 417));
}
