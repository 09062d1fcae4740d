import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid } from '#domain/kernel/rejections.ts';
import { lastRejection } from '#domain/kernel/wire.ts';

// What reaches no router: bytes that are no HTTP, requests that never end, methods and expectations that are not for us. Node
// would answer these with an empty body or not at all; here they get a code like every other no.

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
  501: 'this is no proxy',
};
const refusal = (status: number) => Invalid({ issues: [{ path: '', problem: PROBLEM[status] ?? '' }] });

/** Answers breaches of the protocol with `invalid` and ends their connections. */
export function answerBreaches(server: Server, registry: Registry): void {
  /** The response that a connection is busy with, or was last. */
  const responses = new WeakMap<Duplex, ServerResponse>();
  const refuse = (socket: Duplex, status: number) =>
    socket.end(lastRejection(registry, refusal(status), status));

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    responses.set(request.socket, response);
  });
  server.on('clientError', (error: Error & { readonly code?: string }, socket) => {
    const response = responses.get(socket);
    const halfSaid = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || halfSaid) socket.destroy();
    else refuse(socket, STATUS[error.code ?? ''] ?? 400);
  });
  server.on('connect', (_request, socket) => refuse(socket, 501));
  server.on('checkExpectation', ({ socket }: IncomingMessage) => refuse(socket, 417));
}
