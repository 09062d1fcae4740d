import type { Envelope, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import { type Rejection, refusalShape } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { safeDecode } from '#domain/zod/encoding.ts';
import type { Settled } from './queues.ts';

/** A no before anything was recorded. */
export const refused = (commandId: string, rejection: Rejection): Reply => ({
  outcome: 'rejected',
  commandId,
  rejection,
  position: undefined,
  events: [],
});

/** The rejection that a refusal records, its details in memory as if it had just been decided. */
function recordedReason(registry: Registry, event: RecordedEvent): Rejection | undefined {
  if (registry.events.get(event.type)?.refusal !== true) return undefined;
  const { code, message, details } = refusalShape.reason.parse((event.data as { reason?: unknown }).reason);
  const declared = registry.rejections.get(code);
  const read = declared && safeDecode(declared.schema, details);
  return { rejected: true, code, message, details: read?.success ? read.data : details };
}

/** From events alone, so that a repeat gets the very reply of the first time. */
export function replyOf(
  registry: Registry,
  { commandId }: Pick<Envelope, 'commandId'>,
  stream: string,
  settled: Settled,
): Reply {
  if (settled.kind === 'rejected') return refused(commandId, settled.rejection);
  const { events } = settled;
  const position = events.at(-1)?.position;
  for (const event of events) {
    const rejection = recordedReason(registry, event);
    if (rejection !== undefined) return { outcome: 'rejected', commandId, rejection, position, events };
  }
  return { outcome: 'accepted', commandId, stream, position, events };
}
