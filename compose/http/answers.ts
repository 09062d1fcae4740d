import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from '#domain/kernel/registry.ts';
import { Internal, RejectedError } from '#domain/kernel/rejections.ts';
import { unavailableBy } from '#domain/kernel/store-failure.ts';
import { TooManyAtOnceError } from '#runtime/places.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { sendRejection } from '#write-side/rest/answer.ts';

/** Told of every error that is no fault of the caller, with the reference the caller got. */
export type Report = (error: unknown, reference: string) => void;

/** Express and its parsers mark what is the client's fault by a status of 4xx: a path that is no URI, for example. */
const isClientError = (error: unknown): error is Error & { readonly status: number } =>
  error instanceof Error &&
  'status' in error &&
  typeof error.status === 'number' &&
  error.status >= 400 &&
  error.status < 500;

/** What a library says of such a fault is not ours to say. */
const PROBLEM: Readonly<Record<number, string>> = {
  413: 'the body is too large',
  415: 'the body is of a content type, an encoding or a charset that is not taken',
};

function rejected(error: unknown, reference: string): RejectedError {
  if (error instanceof RejectedError) return error;
  const unavailable = unavailableBy(error);
  if (unavailable !== undefined) return new RejectedError(unavailable);
  if (!isClientError(error)) return new RejectedError(Internal({ reference }));
  return new RefusedRequestError(error.status, PROBLEM[error.status] ?? 'the request cannot be read');
}

/**
 * Answers a request that came to nothing, whatever was thrown and wherever: by the catalogue, or by the end of the connection
 * where an answer is under way already. What is no fault of the caller is reported.
 */
export function answerError(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  { registry, report }: { readonly registry: Registry; readonly report: Report },
): void {
  const reference = String(response.getHeader('X-Request-Id'));
  const refused = rejected(error, reference);
  const { rejection } = refused;
  if (rejection.code === Internal.code || unavailableBy(error) !== undefined) report(error, reference);
  if (response.headersSent) {
    request.socket.destroy();
    return;
  }
  // The rest of a body that nobody read still stands in the connection: it cannot carry another request.
  if (!request.complete) response.setHeader('Connection', 'close');
  const isAnswered = refused instanceof RefusedRequestError || refused instanceof TooManyAtOnceError;
  sendRejection(response, rejection, { registry, ...(isAnswered && refused.answer) });
}
