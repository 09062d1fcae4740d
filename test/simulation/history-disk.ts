import type { JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { checkLimit } from '#engines/event-store/event.ts';
import { matcher } from '#engines/event-store/filter.ts';
import type { HistoryPage } from '#engines/event-store/follow.ts';
import type { Head } from '#engines/event-store/sqlite/heads.ts';
import type { WriterTables } from '#engines/event-store/sqlite/tables.ts';
import { sqliteRefusal } from './refusal.ts';

type Rows = { readonly name: string; readonly id: number; readonly events: readonly StoredEvent[] };

/**
 * The tables of the history on a disk: what is durable, and one transaction. A crash keeps what is durable; a commit
 * under way becomes durable or not, and nobody is told.
 */
export class HistoryDisk implements WriterTables {
  readonly epoch: string;
  readonly #events: StoredEvent[] = [];
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #names = new Map<number, string>();
  readonly #ids = new Map<string, number>();
  readonly #onDurable: (event: StoredEvent) => void;
  #transaction: Rows[] = [];
  #onRefusal: (() => void) | undefined;

  /** @param onDurable told of each event when it has become durable, in the order of the history */
  constructor(epoch: string, onDurable: (event: StoredEvent) => void) {
    this.epoch = epoch;
    this.#onDurable = onDurable;
  }

  get events(): readonly StoredEvent[] {
    return this.#events;
  }

  standing(): { position: number; streamId: number } {
    return { position: this.#events.length, streamId: this.#ids.size };
  }

  begin(): void {
    this.#transaction = [];
  }

  rollback(): void {
    this.#transaction = [];
  }

  /** What the transaction holds is durable. */
  commit(): void {
    for (const { name, id, events } of this.#transaction) {
      this.#ids.set(name, id);
      this.#names.set(id, name);
      for (const event of events) this.put(event);
    }
    this.#transaction = [];
  }

  /** Puts an event at the end, durably. */
  put(event: StoredEvent): void {
    if (!this.#ids.has(event.stream)) {
      this.#ids.set(event.stream, this.#ids.size + 1);
      this.#names.set(this.#ids.size, event.stream);
    }
    const stream = this.#streams.get(event.stream) ?? [];
    stream.push(event);
    this.#streams.set(event.stream, stream);
    this.#events.push(event);
    this.#onDurable(event);
  }

  /** As every reading within a transaction, it sees what the transaction has written. */
  look({ stream }: { readonly stream: string }): Head | undefined {
    const written = this.#transaction.findLast(({ name }) => name === stream);
    const last = written?.events.at(-1) ?? this.stream(stream).at(-1);
    const id = written?.id ?? this.#ids.get(stream);
    return id === undefined ? undefined : { id, revision: last?.revision ?? -1 };
  }

  compare({ streamId, from, count }: Parameters<WriterTables['compare']>[0]) {
    const written = this.#transaction.filter(({ id }) => id === streamId).flatMap(({ events }) => events);
    const all = [...this.stream(this.#names.get(streamId) ?? ''), ...written];
    return all
      .slice(from, from + count)
      .map(({ eventId, position }) => ({ eventId, position: Number(position) }));
  }

  /** The next write behind another one in its transaction is refused by the engine, and `onRefusal` called. */
  refuseNext(onRefusal: () => void): void {
    this.#onRefusal = onRefusal;
  }

  write({ append, streamId, revision, position }: Parameters<WriterTables['write']>[0]): void {
    if (this.#onRefusal !== undefined && this.#transaction.length > 0) {
      this.#onRefusal();
      this.#onRefusal = undefined;
      throw sqliteRefusal();
    }
    const events = append.events.map(({ eventId, type, data, metadata }, at) => ({
      eventId,
      type,
      stream: append.stream,
      revision: revision + at,
      position: BigInt(position + at),
      recordedAt: append.recordedAt,
      data: JSON.parse(data) as JsonObject,
      metadata: JSON.parse(metadata) as JsonObject,
    }));
    this.#transaction.push({ name: append.stream, id: streamId, events });
  }

  stream(name: string): readonly StoredEvent[] {
    return this.#streams.get(name) ?? [];
  }

  head(): Position {
    return BigInt(this.#events.length);
  }

  readStream(
    name: string,
    { from, direction = 'forwards', limit }: Parameters<EventStore['readStream']>[1],
  ): readonly StoredEvent[] {
    checkLimit(limit);
    const events = this.stream(name);
    if (direction === 'forwards') return events.slice(from ?? 0, (from ?? 0) + limit);
    const last = Math.min(from ?? events.length - 1, events.length - 1);
    return events.slice(Math.max(0, last - limit + 1), last + 1).toReversed();
  }

  /** Positions count from 1 without gaps, so that a place in the history is a place in the array. */
  page({ after, direction = 'forwards', limit, filter }: Parameters<EventStore['readAll']>[0]): HistoryPage {
    checkLimit(limit);
    const matches = matcher(filter);
    const forwards = direction === 'forwards';
    const events: StoredEvent[] = [];
    let at = forwards ? Number(after ?? 0n) : Number(after ?? this.head() + 1n) - 2;
    let through = forwards ? (after ?? BEGINNING) : BEGINNING;
    for (let event = this.#events[at]; event && events.length < limit; event = this.#events[at]) {
      if (matches(event)) events.push(event);
      through = event.position;
      at += forwards ? 1 : -1;
    }
    const end = this.#events[at] === undefined;
    return { events, through: end && !forwards ? BEGINNING : through, end };
  }
}
