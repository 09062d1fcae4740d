import { z } from 'zod';
import type { Dispatch, Envelope, Reply } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Internal, Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import { serviceLimits, servicePaths } from '#runtime/service/limits.ts';
import { envelopeText, readReply } from '#runtime/service/messages.ts';
import { type Answered, type ServiceClient, TooMuchUnderWayError } from './client.ts';

export interface RemoteDispatchOptions {
  readonly client: ServiceClient;
  readonly registry: Registry;
  readonly newId: NewId;
  readonly log: Log;
  /** How long an answer is waited for, in milliseconds; by default {@link serviceLimits}. */
  readonly withinMs?: number;
}

/** What a port says before it has looked at what was asked. */
const Refusal = z.object({ code: z.string() });
const isTurnedAway = ({ status, body }: Answered): boolean =>
  (status === 429 || status === 503) && Refusal.safeParse(body).data?.code === Overloaded.code;

/** What can never have been decided, because it was not taken in. */
const NOT_TAKEN: ReadonlySet<number> = new Set([400, 413, 415]);

/**
 * Commands to the process that decides them. Never rejects, as the pipeline never does: where there is no answer the command may
 * have been decided, and `unavailable` says that the same id sent again tells.
 */
export function remoteDispatch(options: RemoteDispatchOptions): Dispatch {
  const { client, registry, newId, log, withinMs = serviceLimits.answerWithinMs } = options;
  const refused = ({ commandId }: Envelope, rejection: Rejection): Reply => ({
    ...{ outcome: 'rejected', commandId, rejection, position: undefined, events: [] },
  });
  const { retryAfterMs } = serviceLimits;

  function internal(envelope: Envelope, error: unknown): Reply {
    const reference = newId();
    log.error({ command: envelope.command, reference, err: error }, 'a command could not be sent');
    return refused(envelope, Internal({ reference }));
  }

  function replyIn(envelope: Envelope, answered: Answered): Reply {
    const { status, body } = answered;
    if (status === 200) return readReply(registry, body);
    if (isTurnedAway(answered)) return refused(envelope, Overloaded({ retryAfterMs }));
    if (NOT_TAKEN.has(status)) return internal(envelope, new Error(`the write side answers ${status}`));
    throw new Error(`the write side answers ${status}`);
  }

  return async (envelope) => {
    let text: string;
    try {
      text = envelopeText(envelope);
    } catch (error) {
      return internal(envelope, error);
    }
    try {
      return replyIn(envelope, await client.ask(servicePaths.dispatch, text, withinMs));
    } catch (error) {
      if (error instanceof TooMuchUnderWayError) return refused(envelope, Overloaded({ retryAfterMs }));
      log.warn({ command: envelope.command, err: error }, 'the write side has not answered');
      return refused(envelope, Unavailable({ retryAfterMs }));
    }
  };
}
