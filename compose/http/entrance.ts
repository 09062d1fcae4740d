import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Express, Router } from 'express';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { answerError, type Report } from './answers.ts';
import type { protecting } from './headers.ts';
import { unserved } from './methods.ts';
import { address } from './target.ts';

export interface Entrance {
  readonly registry: Registry;
  readonly newId: NewId;
  readonly report: Report;
  readonly closing: () => boolean;
  /** Says to browsers what pages of others may do with an answer. */
  readonly protect: ReturnType<typeof protecting>;
}

const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

function frame(
  request: IncomingMessage,
  response: ServerResponse,
  { newId, closing, protect }: Entrance,
): void {
  const given = String(request.headers['x-request-id'] ?? '');
  response.setHeader('X-Request-Id', REQUEST_ID.test(given) ? given : newId());
  // What is answered is somebody's own, or of this moment; GET is asked for it too.
  response.setHeader('Cache-Control', 'no-store');
  protect(request, response);
  if (closing()) response.setHeader('Connection', 'close');
}

/** @throws RefusedRequestError (417) for what Node has not met itself; the rest of such a request may never come */
function meetExpectation({ headers: { expect }, httpVersion }: IncomingMessage): void {
  if (expect !== undefined && httpVersion !== '1.0' && !/^100-continue$/i.test(expect))
    throw new RefusedRequestError(417, 'this expectation cannot be met', {
      headers: { Connection: 'close' },
    });
}

/**
 * Of a body that does not end in chunks nobody knows where it ends: Node's parser refuses that as no request.
 *
 * @throws RefusedRequestError (501) for a body that is coded before it is cut into chunks, which is never looked at
 */
function meetTransferCoding({ headers }: IncomingMessage): void {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && /[^,\s].*,\s*chunked\s*$/i.test(coding))
    throw new RefusedRequestError(501, 'the transfer coding is none that is known here', {
      path: 'Transfer-Encoding',
      headers: { Connection: 'close' },
    });
}

/**
 * What every request passes before the application sees it, and where it ends if the application has no answer: so that nothing
 * leaves the port but what a router says or the catalogue has.
 */
export function entrance(app: Express, routers: readonly Router[], options: Entrance): RequestListener {
  // Called with a third argument, Express leaves to it what it would answer with a page of its own.
  const handle: (
    request: IncomingMessage,
    response: ServerResponse,
    unanswered: (error: unknown) => void,
  ) => void = app;
  return (request, response) => {
    const fail = (error: unknown) => answerError(error, request, response, options);
    try {
      frame(request, response, options);
      meetExpectation(request);
      meetTransferCoding(request);
      address(request);
      handle(request, response, (error) => fail(error ?? unserved(routers, request)));
    } catch (error) {
      fail(error);
    }
  };
}
