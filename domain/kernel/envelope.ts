import { z } from 'zod';
import { type Actor, Role } from './actor.ts';
import type { JsonObject } from './canonical.ts';
import { PersonId } from './ids.ts';
import { Instant } from './instant.ts';
import { personal, type Rejection } from './message.ts';

const Channel = z
  .enum(['http', 'graphql', 'websocket', 'webhook', 'bus', 'reaction', 'saga', 'timer', 'cli'])
  .meta({ id: 'Channel', description: 'The way in that a command took.' });

/** From where a command came: enough to prove it, never more than the audit needs. */
export const Origin = z.object({
  channel: Channel,
  /** The peer's network address, where there is one. */
  address: personal(z.string().max(64)).optional(),
});
export type Origin = z.output<typeof Origin>;

/** As it is stored: the address sealed by the key of whoever asked, or as it came where that was before there were keys. */
const StoredOrigin = z.object({
  channel: Channel,
  address: personal(z.string().max(200)).optional(),
});

/** Why an event is there. Stored beside its data as canonical JSON. */
export const Metadata = z.object({
  /** The schema version of the data. */
  version: z.int().min(1),
  occurredAt: Instant,
  actor: PersonId,
  roles: z.array(Role).max(8),
  onBehalfOf: PersonId.optional(),
  command: z.string().max(64),
  commandId: z.string().max(64),
  /** Hash of the command's canonical payload: another payload under the same id is a mismatch. */
  payload: z.string().max(64),
  correlationId: z.string().max(64),
  causationId: z.string().max(64),
  origin: StoredOrigin,
});
export type Metadata = z.output<typeof Metadata>;

/** A place in the one history. Bigger is later; gaps are normal; opaque outside. 0n stands before the first event. */
export type Position = bigint;
export const BEGINNING: Position = 0n;
/** A place as documents keep it, to be sorted by: what is newest is told by it, never by a time, of which many share one. */
export const PositionText = z.string().regex(/^\d{1,20}$/);

/** An event as the store keeps it: data and metadata as JSON, not yet read by any schema. */
export interface StoredEvent {
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  /** From 0, without gaps, in its stream. */
  readonly revision: number;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** An event read by its schema: data of the newest version, amounts as bigint. */
export interface RecordedEvent<Type extends string = string, Data = object> {
  readonly eventId: string;
  readonly type: Type;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly data: Data;
  readonly metadata: Metadata;
}

/** A command on its way in. `data` is as it came (JSON): the pipeline parses it. */
export interface Envelope {
  readonly command: string;
  readonly data: unknown;
  /** Chosen by the caller; the same id from the same actor on the same stream is decided once. 1 to 64 characters. */
  readonly commandId: string;
  readonly actor: Actor;
  /** The actor has proven just before that it is they. */
  readonly steppedUp?: boolean;
  readonly onBehalfOf?: string;
  /** Defaults to the command's id. */
  readonly correlationId?: string;
  /** What led to it: an event's id or the command's own id. */
  readonly causationId?: string;
  readonly origin: Origin;
}

/** What a command came to. An answer is only given once everything it was decided on is durable. */
export type Reply =
  | {
      readonly outcome: 'accepted';
      readonly commandId: string;
      readonly stream: string;
      /** Of the last event this led to until its outcome was known, in whatever stream; undefined: there was nothing to do. */
      readonly position: Position | undefined;
      /** The events of this command itself, in order. */
      readonly events: readonly RecordedEvent[];
      /** Where a later stage has decided: the event that says so. */
      readonly decision?: RecordedEvent;
    }
  | {
      readonly outcome: 'rejected';
      readonly commandId: string;
      readonly rejection: Rejection;
      /** Where the refusal is recorded, if it is. */
      readonly position: Position | undefined;
      readonly events: readonly RecordedEvent[];
    }
  | {
      /** Recorded, and its outcome is still on its way: never a no. */
      readonly outcome: 'pending';
      readonly commandId: string;
      readonly stream: string;
      readonly position: Position | undefined;
      readonly events: readonly RecordedEvent[];
    };

/** The way in for everything that sends commands: in process, or over HTTP to another process. */
export type Dispatch = (envelope: Envelope) => Promise<Reply>;
