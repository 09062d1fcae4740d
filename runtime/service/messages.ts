import { z } from 'zod';
import { Actor } from '#domain/kernel/actor.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import {
  type Envelope,
  Metadata,
  Origin,
  PositionText,
  type RecordedEvent,
  type Reply,
} from '#domain/kernel/envelope.ts';
import { Instant } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { decode, encode, safeDecode, safeEncode } from '#domain/zod/encoding.ts';

// Commands and what they came to, as they travel between the processes of one platform: whole, secrets too, because who may see what
// is said at the edge that asked.

const Id = z.string().min(1).max(64);

/** What the pipeline reads itself, with a rejection for whatever is wrong, is only bounded here. */
const EnvelopeForm = z.strictObject({
  command: z.string().max(64),
  data: z.json(),
  commandId: z.string().max(64),
  actor: Actor,
  steppedUp: z.boolean().optional(),
  onBehalfOf: z.string().max(255).optional(),
  correlationId: Id.optional(),
  causationId: Id.optional(),
  origin: Origin,
});

const Json = z.record(z.string(), z.json());

/** As the history has it, but for its data: that is of the version which whoever sends it knows. */
const EventForm = z.object({
  eventId: Id,
  type: z.string().max(64),
  stream: z.string().max(255),
  revision: z.int().min(0),
  position: PositionText,
  recordedAt: Instant,
  version: z.int().min(1),
  data: Json,
  metadata: Json,
});
type EventForm = z.output<typeof EventForm>;

const RejectionForm = z.object({ code: z.string().max(64), message: z.string(), details: Json });

const shared = {
  commandId: z.string().max(64),
  position: PositionText.nullable(),
  events: z.array(EventForm),
};
const stream = z.string().max(255);
const ReplyForm = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('accepted'), ...shared, stream, decision: EventForm.optional() }),
  z.object({ outcome: z.literal('rejected'), ...shared, rejection: RejectionForm }),
  z.object({ outcome: z.literal('pending'), ...shared, stream }),
]);

/** @throws TypeError for data that is no JSON */
export const envelopeText = (envelope: Envelope): string => JSON.stringify(envelope);

/** An envelope as it came; undefined: it is none. */
export function readEnvelope(json: unknown): Envelope | undefined {
  const read = EnvelopeForm.safeParse(json);
  return read.success ? (read.data as Envelope) : undefined;
}

function eventForm(registry: Registry, event: RecordedEvent): z.input<typeof EventForm> {
  const { eventId, type, stream, revision, position, recordedAt, metadata } = event;
  return {
    ...{ eventId, type, stream, revision, recordedAt },
    position: position.toString(),
    version: registry.events.get(type)?.version ?? metadata.version,
    data: registry.encode(event) as z.input<typeof Json>,
    metadata: encode(Metadata, metadata) as z.input<typeof Json>,
  };
}

function eventOf(
  registry: Registry,
  { version, position, data, metadata, ...event }: EventForm,
): RecordedEvent {
  const stored = { ...event, position: BigInt(position), data: data as JsonObject };
  const read = registry.decode({ ...stored, metadata: { ...(metadata as JsonObject), version } });
  return { ...read, metadata: decode(Metadata, metadata) };
}

/** One that was recorded may hold its details as they were stored, by a version whose catalogue was another. */
function rejectionForm({ rejections }: Registry, { code, message, details }: Rejection) {
  const declared = rejections.get(code);
  const encoded = declared && safeEncode(declared.schema, details);
  return { code, message, details: encoded?.success === true ? encoded.data : details };
}

function rejectionOf({ rejections }: Registry, form: z.output<typeof RejectionForm>): Rejection {
  const declared = rejections.get(form.code);
  const details = declared && safeDecode(declared.schema, form.details);
  return { rejected: true, ...form, details: details?.success === true ? details.data : form.details };
}

/** @throws z.ZodError for an event that does not fit its own schema */
export function replyText(registry: Registry, reply: Reply): string {
  const shared = {
    commandId: reply.commandId,
    position: reply.position === undefined ? null : reply.position.toString(),
    events: reply.events.map((event) => eventForm(registry, event)),
  };
  if (reply.outcome === 'rejected') {
    const { outcome, rejection } = reply;
    return JSON.stringify({ outcome, ...shared, rejection: rejectionForm(registry, rejection) });
  }
  const { outcome, stream } = reply;
  const decision = outcome === 'accepted' ? reply.decision : undefined;
  return JSON.stringify({
    ...{ outcome, stream, ...shared },
    ...(decision !== undefined && { decision: eventForm(registry, decision) }),
  });
}

/**
 * @throws z.ZodError for what is no reply; NewerEventError where it tells of an event that this code is too old for
 */
export function readReply(registry: Registry, json: unknown): Reply {
  const form = ReplyForm.parse(json);
  const { commandId, outcome } = form;
  const shared = {
    commandId,
    position: form.position === null ? undefined : BigInt(form.position),
    events: form.events.map((event) => eventOf(registry, event)),
  };
  if (outcome === 'rejected') return { outcome, ...shared, rejection: rejectionOf(registry, form.rejection) };
  if (outcome === 'pending') return { outcome, ...shared, stream: form.stream };
  const { decision, stream } = form;
  return {
    ...{ outcome, ...shared, stream },
    ...(decision !== undefined && { decision: eventOf(registry, decision) }),
  };
}
