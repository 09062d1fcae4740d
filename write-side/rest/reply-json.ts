import type { RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import { publicData } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { verdictsOf } from '#domain/kernel/verdicts.ts';
import { rejectionJson, statusOf } from '#runtime/wire.ts';

// What a command came to, as JSON: the same whichever way the command took in.

/** The HTTP status that says what it came to, and what is said in words. */
export interface ReplyJson {
  readonly status: number;
  readonly body: object;
}

/** What stands beside a yes and beside a no: the id under which to ask again, and the token behind which it is recorded. */
export const besideReply = (
  { commandId, position }: Reply,
  epoch: string,
): Readonly<Record<string, string>> => ({
  commandId,
  ...(position !== undefined && { token: tokenOf(epoch, position) }),
});

/** 200 accepted, 202 pending, the rejection's own status for a no. @param epoch of the store, for tokens */
export function replyJson(reply: Reply, registry: Registry, epoch: string): ReplyJson {
  const beside = besideReply(reply, epoch);
  if (reply.outcome === 'rejected') {
    const { rejection } = reply;
    return {
      status: statusOf(registry, rejection),
      body: { ...rejectionJson(registry, rejection), ...beside },
    };
  }
  const { outcome, stream } = reply;
  const told = (event: RecordedEvent) => ({ type: event.type, data: publicData(registry, event) });
  const decision = outcome === 'accepted' &&
    reply.decision !== undefined && { decision: told(reply.decision) };
  const body = {
    ...{ outcome, ...beside, stream },
    events: reply.events.map(told),
    ...decision,
    ...verdictsOf(registry, reply),
  };
  return { status: outcome === 'pending' ? 202 : 200, body };
}
