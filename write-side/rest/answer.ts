import type { ServerResponse } from 'node:http';
import type { Response } from 'express';
import type { RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { publicData } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { verdictsOf } from '#domain/kernel/verdicts.ts';
import { bearerChallenge } from '#runtime/bearer.ts';
import { rejectionJson, retryAfterSeconds, statusOf } from '#runtime/wire.ts';

export interface RejectionAnswer {
  readonly registry: Registry;
  /** Of the whole platform, where the status of the catalogue says too little (413). */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the caller may want beside the rejection: its command's id, the token behind which the refusal is recorded. */
  readonly beside?: Readonly<Record<string, string>>;
}

/**
 * Answers `{ code, message, details }` with the catalogue's status, `Retry-After` where waiting helps, and `WWW-Authenticate`
 * where a token would. Node's own response is enough for it.
 */
export function sendRejection(
  response: ServerResponse,
  rejection: Rejection,
  { registry, status = statusOf(registry, rejection), headers = {}, beside = {} }: RejectionAnswer,
): void {
  const waitSeconds = retryAfterSeconds(rejection);
  const body = JSON.stringify({ ...rejectionJson(registry, rejection), ...beside });
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (waitSeconds !== undefined) response.setHeader('Retry-After', String(waitSeconds));
  if (status === 401)
    response.setHeader('WWW-Authenticate', bearerChallenge(response.req.headers.authorization));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

/** Answers a command: 200 accepted, 202 pending, the rejection's own status for a no. */
export function sendReply(response: Response, reply: Reply, registry: Registry, epoch: string): void {
  const { commandId, outcome, position } = reply;
  const token = position === undefined ? {} : { token: tokenOf(epoch, position) };
  if (outcome === 'rejected') {
    sendRejection(response, reply.rejection, { registry, beside: { commandId, ...token } });
    return;
  }
  const told = (event: RecordedEvent) => ({ type: event.type, data: publicData(registry, event) });
  const decision = outcome === 'accepted' &&
    reply.decision !== undefined && { decision: told(reply.decision) };
  const events = reply.events.map(told);
  response.status(outcome === 'pending' ? 202 : 200).json({
    outcome,
    commandId,
    ...token,
    stream: reply.stream,
    events,
    ...decision,
    ...verdictsOf(registry, reply),
  });
}
