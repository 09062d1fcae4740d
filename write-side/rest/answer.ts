import type { ServerResponse } from 'node:http';
import type { Response } from 'express';
import type { Reply } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { StepUpRequired } from '#domain/kernel/rejections.ts';
import { bearerChallenge, stepUpChallenge } from '#runtime/bearer.ts';
import { rejectionJson, retryAfterSeconds, statusOf } from '#runtime/wire.ts';
import { besideReply, replyJson } from './reply-json.ts';

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
  if (status === 401) {
    const isGood = rejection.code === StepUpRequired.code;
    const challenge = isGood ? stepUpChallenge : bearerChallenge(response.req.headers.authorization);
    response.setHeader('WWW-Authenticate', challenge);
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

/** Answers a command: 200 accepted, 202 pending, the rejection's own status for a no. */
export function sendReply(response: Response, reply: Reply, registry: Registry, epoch: string): void {
  if (reply.outcome === 'rejected') {
    sendRejection(response, reply.rejection, { registry, beside: besideReply(reply, epoch) });
    return;
  }
  const { status, body } = replyJson(reply, registry, epoch);
  response.status(status).json(body);
}
