import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { RecordedEvent, StoredEvent } from '#domain/kernel/envelope.ts';
import type { BusRecord } from '#domain/kernel/ports/bus.ts';
import { leavingOf } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { topicOf, typeOf } from './topics.ts';

/** CloudEvents 1.0 in structured mode: the record's value is the whole event. */
export const CONTENT_TYPE = 'application/cloudevents+json; charset=UTF-8';

/** An event as others read it. Names of extensions are lower-case letters and digits, at most 20, as the specification asks. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** Of the event in the history; with `source` it is unique, so that whoever has met it passes over its repeats. */
  readonly id: string;
  /** The history: one that was restored or begun anew is another. */
  readonly source: string;
  /** `annals.<context>.<event>`. */
  readonly type: string;
  /** The stream. */
  readonly subject: string;
  /** When it occurred. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Of the event in its stream, from 0; what does not leave is left out. */
  readonly streamrevision: number;
  /** In the one history, as text: it may be larger than a JSON number can be. */
  readonly position: string;
  /** Of the data: always the newest, in which whatever was stored before is told, too. */
  readonly schemaversion: number;
  readonly correlationid: string;
  readonly causationid: string;
  readonly historyepoch: string;
  readonly data: JsonObject;
}

export const sourceOf = (epoch: string): string => `urn:annals:history:${encodeURIComponent(epoch)}`;

/** What the integration needs to know of the platform. */
export interface Publishing {
  readonly registry: Registry;
  /** Of the history. */
  readonly epoch: string;
  /** What the names of topics begin with. */
  readonly prefix: string;
}

/** An event of which nothing has been read but what leaves. */
export type LeavingEvent = RecordedEvent<string, Leaving>;
export interface Leaving {
  /** Undefined: such an event does not leave. */
  readonly json: JsonObject | undefined;
}

/** @throws as {@link leavingOf} */
export function leavingEvent(registry: Registry, stored: StoredEvent): LeavingEvent {
  const { metadata, data } = leavingOf(registry, stored);
  const { eventId, type, stream, revision, position, recordedAt } = stored;
  return { eventId, type, stream, revision, position, recordedAt, metadata, data: { json: data } };
}

/** Undefined: such an event does not leave. */
export function cloudEventOf(
  { registry, epoch }: Pick<Publishing, 'registry' | 'epoch'>,
  event: LeavingEvent,
): CloudEvent | undefined {
  const data = event.data.json;
  const declared = registry.events.get(event.type);
  if (data === undefined || declared === undefined) return undefined;
  const { correlationId, causationId, occurredAt } = event.metadata;
  return {
    specversion: '1.0',
    id: event.eventId,
    source: sourceOf(epoch),
    type: typeOf(registry, event.type),
    subject: event.stream,
    time: occurredAt,
    datacontenttype: 'application/json',
    streamrevision: event.revision,
    position: event.position.toString(),
    schemaversion: declared.version,
    // Ids of callers, and of providers: they may be any text, and no attribute may be half of a letter.
    correlationid: correlationId.toWellFormed(),
    causationid: causationId.toWellFormed(),
    historyepoch: epoch,
    data,
  };
}

/** The attributes that are told beside the value, too, for whoever sorts records without reading them. */
export const headerAttributes = [
  'id',
  'type',
  'schemaversion',
  'correlationid',
  'causationid',
  'position',
] as const satisfies readonly (keyof CloudEvent)[];
/** As the Kafka binding of CloudEvents names them. */
export const headerOf = (attribute: string): string => `ce_${attribute}`;

/** The record that tells of an event; undefined: it does not leave. */
export function recordOf(publishing: Publishing, event: LeavingEvent): BusRecord | undefined {
  const told = cloudEventOf(publishing, event);
  if (told === undefined) return undefined;
  const headers: Record<string, string> = { 'content-type': CONTENT_TYPE };
  for (const name of headerAttributes) headers[headerOf(name)] = String(told[name]);
  return { topic: topicOf(publishing, event.type), key: event.stream, value: JSON.stringify(told), headers };
}
