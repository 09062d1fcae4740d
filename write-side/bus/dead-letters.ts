import { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { Instant } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { BusRecord, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import { publicCommand } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { encodeUnchecked } from '#domain/zod/encoding.ts';
import { rejectionJson } from '#runtime/wire.ts';

const REASON_LENGTH = 300;

const causes = [
  /** It is no command envelope, or no text at all. */
  'unreadable',
  /** A reply is wanted where none may go. Nothing was decided. */
  'reply_not_allowed',
  /** It stands on a retry topic and was not put there by us. */
  'not_ours',
  /** It found nobody to decide it within the time in which that can be done once. */
  'too_old',
  /** It was decided, and its reply could not be sent. */
  'reply_undelivered',
  /** A mistake of ours, which the log tells more of. */
  'failed',
] as const;

/** Why a record is where nobody decides it any more, without its token and without what is marked in it. */
export const DeadLetter = z
  .strictObject({
    cause: z.enum(causes),
    reason: z.string().max(REASON_LENGTH),
    /** Where the record itself stands, for whoever may read that. */
    from: z.strictObject({
      topic: z.string(),
      partition: z.int().min(0),
      offset: z.string().regex(/^\d+$/),
      takenAt: Instant,
    }),
    diedAt: Instant,
    /** What it was, where nothing else may be told: equal values have equal fingerprints. */
    value: z.strictObject({ bytes: z.int().min(0), fingerprint: z.string() }).optional(),
    command: z
      .strictObject({
        command: z.string(),
        idempotencyKey: z.string(),
        /** Who sent it, where a token has said so. */
        actor: z.string().optional(),
        /** Less what is marked. Left out where it does not fit its schema. */
        data: z.record(z.string(), z.json()).optional(),
      })
      .optional(),
    rejection: z
      .strictObject({ code: z.string(), message: z.string(), details: z.record(z.string(), z.json()) })
      .optional(),
    /** What nobody could be sent, as it would have been. */
    reply: z
      .strictObject({ topic: z.string(), status: z.int(), body: z.record(z.string(), z.json()) })
      .optional(),
  })
  .meta({ id: 'DeadLetter', description: 'Why a record is where nobody decides it any more.' });
export type DeadLetter = z.output<typeof DeadLetter>;

/** A command of which so much is known that it can be told of. */
export interface TellableCommand {
  readonly command: string;
  readonly idempotencyKey: string;
  readonly data: unknown;
  readonly actor?: { readonly id: string } | undefined;
}

export interface Died {
  readonly record: ReceivedRecord;
  readonly cause: DeadLetter['cause'];
  /** A sentence of ours: never of what stands in the record. */
  readonly reason: string;
  readonly command?: TellableCommand;
  readonly rejection?: Rejection;
  readonly reply?: { readonly topic: string; readonly status: number; readonly body: object };
}

/** What a known command says for everybody; undefined for what does not fit its schema, in which nobody knows what is secret. */
function publicDataOf(registry: Registry, { command, data }: TellableCommand): JsonObject | undefined {
  const schema = registry.commands.get(command)?.command.schema;
  if (schema === undefined) return undefined;
  try {
    const read = schema.safeParse(data);
    if (!read.success) return undefined;
    return publicCommand(registry, command, encodeUnchecked(schema, read.data) as JsonObject);
  } catch {
    // A codec that throws is an input that does not fit, too.
    return undefined;
  }
}

/** A name that nobody knows may be anything, even a token. */
function told(registry: Registry, tellable: TellableCommand): DeadLetter['command'] {
  const { command, idempotencyKey, actor } = tellable;
  if (!registry.commands.has(command)) return undefined;
  const data = publicDataOf(registry, tellable);
  return {
    ...{ command, idempotencyKey },
    ...(actor && { actor: actor.id }),
    ...(data && { data: data as NonNullable<DeadLetter['command']>['data'] }),
  };
}

export interface DeadLetters {
  /** The record that tells of it. Its key is where it came from, so that one that is written twice is known again. */
  of(died: Died): BusRecord;
}

export function deadLetters(options: {
  readonly topic: string;
  readonly registry: Registry;
  readonly sealing: Pick<Sealing, 'fingerprint'>;
  readonly clock: Pick<Clock, 'now'>;
}): DeadLetters {
  const { topic, registry, sealing, clock } = options;
  return {
    of({ record, cause, reason, command, rejection, reply }) {
      const { partition, offset, takenAt, value } = record;
      const letter: DeadLetter = {
        cause,
        reason: reason.slice(0, REASON_LENGTH),
        from: { topic: record.topic, partition, offset: offset.toString(), takenAt },
        diedAt: clock.now(),
        ...(value && { value: { bytes: value.length, fingerprint: sealing.fingerprint(value) } }),
        ...(command && { command: told(registry, command) }),
        ...(rejection && {
          rejection: rejectionJson(registry, rejection) as NonNullable<DeadLetter['rejection']>,
        }),
        ...(reply && { reply: reply as NonNullable<DeadLetter['reply']> }),
      };
      return {
        topic,
        key: `${record.topic}/${partition}/${offset}`,
        value: JSON.stringify(letter),
        headers: { cause, 'content-type': 'application/json' },
      };
    },
  };
}
