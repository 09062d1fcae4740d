import type { Response } from 'express';
import type { Reply } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { publicData, rejectionJson, retryAfterMs, statusOf } from '#domain/kernel/wire.ts';

/** `Retry-After` counts whole seconds. */
const MS_PER_SECOND = 1000;

export interface RejectionAnswer {
  readonly registry: Registry;
  /** Of the whole platform, where the status of the catalogue says too little (413). */
  readonly status?: number;
  /** What the caller may want beside the rejection: its command's id, the token behind which the refusal is recorded. */
  readonly beside?: Readonly<Record<string, string>>;
}

/** Answers `{ code, message, details }` with the catalogue's status, and `Retry-After` where waiting helps. */
export function sendRejection(response: Response, rejection: Rejection, answer: RejectionAnswer): void {
  const { registry, status = statusOf(registry, rejection), beside = {} } = answer;
  const waitMs = retryAfterMs(rejection);
  if (waitMs !== undefined) response.set('Retry-After', String(Math.ceil(waitMs / MS_PER_SECOND)));
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  response.status(status).json({ ...rejectionJson(registry, rejection), ...beside });
}

/** Answers a command: 200 accepted, 202 pending, the rejection's own status for a no. */
export function sendReply(response: Response, reply: Reply, registry: Registry, epoch: string): void {
  const { commandId, outcome, position } = reply;
  const token = position === undefined ? {} : { token: tokenOf(epoch, position) };
  if (outcome === 'rejected') {
    sendRejection(response, reply.rejection, { registry, beside: { commandId, ...token } });
    return;
  }
  const events = reply.events.map((event) => ({ type: event.type, data: publicData(registry, event) }));
  response
    .status(outcome === 'pending' ? 202 : 200)
    .json({ outcome, commandId, ...token, stream: reply.stream, events });
}
