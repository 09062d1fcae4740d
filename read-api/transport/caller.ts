import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Origin } from '#domain/kernel/envelope.ts';

/** From where an operation came, when it was not a request of its own. */
export interface Caller {
  /** What it has said of who it is: the value of an `Authorization` header, or of what stands for one. */
  readonly authorization: unknown;
  readonly origin: Origin;
  /** Nobody waits for the answer any more. */
  readonly hasGone?: () => boolean;
}

/** What a transport hands in: a request, or a message on a socket. */
export type Transported = {
  readonly req?: IncomingMessage;
  readonly res?: ServerResponse;
  readonly caller?: Caller;
};
