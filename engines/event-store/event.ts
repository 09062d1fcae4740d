import { canonical, type Json, type JsonObject } from '#domain/kernel/canonical.ts';
import { type EventToAppend, StoreError, storeLimits } from '#domain/kernel/ports/event-store.ts';

/** An event as every engine writes it: checked, and its JSON as canonical text. */
export interface EncodedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** Narrower than any engine asks for, so that a name that one of them takes is taken by all. */
const STREAM = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}$/;
const TYPE = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const invalid = (message: string, cause?: unknown): StoreError =>
  new StoreError('invalid_event', message, cause === undefined ? undefined : { cause });

function textOf(event: EventToAppend, part: 'data' | 'metadata'): string {
  const value: unknown = event[part];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`the ${part} of ${event.type} are no JSON object`);
  }
  let text: string;
  try {
    text = canonical(value as JsonObject);
  } catch (error) {
    throw invalid(`the ${part} of ${event.type} cannot be expressed in JSON`, error);
  }
  // A lone surrogate would be stored as another character than the one that was hashed.
  if (!text.isWellFormed()) throw invalid(`the ${part} of ${event.type} hold text that is no Unicode`);
  return text;
}

/**
 * Checks an append against the limits of the port and brings its events to text. Everything that could make an engine
 * choke is refused here, before it is called.
 *
 * @throws StoreError `invalid_event`
 */
export function encodeAppend(stream: string, events: readonly EventToAppend[]): EncodedEvent[] {
  if (!STREAM.test(stream)) throw invalid(`"${stream}" is no name of a stream`);
  if (events.length < 1 || events.length > storeLimits.eventsPerAppend) {
    throw invalid(`an append takes 1 to ${storeLimits.eventsPerAppend} events, not ${events.length}`);
  }
  let appendBytes = 0;
  const encoded = events.map((event): EncodedEvent => {
    if (!TYPE.test(event.type)) throw invalid(`"${event.type}" is no type of an event`);
    if (!UUID.test(event.eventId)) throw invalid(`"${event.eventId}" is no UUID in lower case`);
    const data = textOf(event, 'data');
    const metadata = textOf(event, 'metadata');
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(metadata);
    if (bytes > storeLimits.eventBytes) {
      throw invalid(`a ${event.type} of ${bytes} bytes; at most ${storeLimits.eventBytes} are taken`);
    }
    appendBytes += bytes;
    return { eventId: event.eventId, type: event.type, data, metadata };
  });
  if (appendBytes > storeLimits.appendBytes) {
    throw invalid(`an append of ${appendBytes} bytes; at most ${storeLimits.appendBytes} are taken`);
  }
  return encoded;
}

/** Reads canonical text into a value that nobody can change: an engine that shares its events must not be edited. */
export function frozen(text: string): JsonObject {
  return JSON.parse(text, (_key, value: Json) => Object.freeze(value)) as JsonObject;
}

/** @throws RangeError for a page that is empty or beyond the port's limit */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > storeLimits.pageEvents) {
    throw new RangeError(`a page holds 1 to ${storeLimits.pageEvents} events, not ${limit}`);
  }
}
