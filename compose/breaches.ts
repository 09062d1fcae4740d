import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid } from '#domain/kernel/rejections.ts';
import { lastRejection } from '#runtime/wire.ts';

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
  /** The last that was asked on a connection. */
  const asked = new WeakMap<
    Duplex,
    { readonly request: IncomingMessage; readonly response: ServerResponse }
  >();
  const refuse = (socket: Duplex, status: number) =>
    socket.end(lastRejection(registry, refusal(status), status));

  /** Says the last on a connection behind what is owed there: a client takes answers for its requests in their order. */
  function refuseLast(socket: Duplex, status: number): void {
    const { request, response } = asked.get(socket) ?? {};
    if (!socket.writable) socket.destroy();
    else if (response === undefined || response.closed) refuse(socket, status);
    else if (request?.complete) response.once('close', () => refuseLast(socket, status));
    // It is the last request itself that cannot be read, which is answered if nothing stands before it and nothing was said.
    else if (response.socket === socket && !response.headersSent) refuse(socket, status);
    else socket.destroy();
  }

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    asked.set(request.socket, { request, response });
  });
  server.on('clientError', (error: ClientError, socket) => refuseLast(socket, statusOf(error)));
  server.on('connect', ({ socket }: IncomingMessage) => refuseLast(socket, 501));
  // It is answered in its turn like every request: what Node hands over here would hold up whatever stands behind it.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
