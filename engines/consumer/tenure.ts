import type { Position, RecordedEvent, StoredEvent } from '#domain/kernel/envelope.ts';
import type { Handled, Handler } from '#domain/kernel/ports/consumer.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Lease, ParkedChange, ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { consumerLimits } from './limits.ts';

/** Another owner has taken the lease: nothing of what was in hand was written. */
export class Fenced extends Error {
  constructor(consumer: string) {
    super(`${consumer} belongs to another owner`);
    this.name = 'Fenced';
  }
}

/** The consumer cannot go on until somebody changes something. */
export class Unworkable extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = 'Unworkable';
  }
}

export interface TenureOptions {
  readonly handler: Handler;
  readonly lease: Lease;
  readonly checkpoint: Position;
  readonly parked: Iterable<string>;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly readStore: ReadStore;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Whether an event is this part's business. */
  mine(event: RecordedEvent): boolean;
}

/**
 * One owner's work under one lease: batches in, commits out. Any throw ends it; what was not committed is met again,
 * because the next tenure begins at the checkpoint.
 */
export class Tenure {
  readonly #options: TenureOptions;
  readonly #parked: Set<string>;
  #checkpoint: Position;
  #handled = 0;

  constructor(options: TenureOptions) {
    this.#options = options;
    this.#parked = new Set(options.parked);
    this.#checkpoint = options.checkpoint;
    options.handler.forget?.();
  }

  get checkpoint(): Position {
    return this.#checkpoint;
  }
  get parkedKeys(): number {
    return this.#parked.size;
  }
  get handled(): number {
    return this.#handled;
  }

  /** Takes the events in pieces; each piece and the checkpoint behind it are one commit. */
  async take(stored: readonly StoredEvent[], through: Position, signal: AbortSignal): Promise<void> {
    for (let from = 0; from === 0 || from < stored.length; from += consumerLimits.eventsPerCommit) {
      if (signal.aborted) return;
      const piece = stored.slice(from, from + consumerLimits.eventsPerCommit);
      const isLast = from + consumerLimits.eventsPerCommit >= stored.length;
      await this.#takePiece(piece, isLast ? through : (piece.at(-1)?.position ?? through), signal);
    }
  }

  async #takePiece(stored: readonly StoredEvent[], through: Position, signal: AbortSignal): Promise<void> {
    const { events, problem } = this.#decode(stored);
    const { handler } = this.#options;
    const ready: RecordedEvent[] = [];
    const waiting = new Map<string, Position[]>();
    for (const event of events) {
      if (!this.#options.mine(event)) continue;
      const key = handler.key(event);
      if (this.#parked.has(key)) appendTo(waiting, key, event.position);
      else ready.push(event);
    }
    const handled = ready.length === 0 ? nothing : await handler.handle(ready, signal);
    const parked = [
      ...[...waiting].map(([key, positions]) => ({ change: 'append' as const, key, positions })),
      ...this.#parkingOf(handled, ready),
    ];
    // What stands before an event that cannot be read is done; the checkpoint stops just before it.
    const checkpoint = problem === undefined ? through : (events.at(-1)?.position ?? this.#checkpoint);
    await this.#commit(handled, checkpoint, parked);
    this.#handled += ready.length;
    if (problem !== undefined) throw problem;
  }

  #decode(stored: readonly StoredEvent[]): { events: RecordedEvent[]; problem: unknown } {
    const events: RecordedEvent[] = [];
    for (const event of stored)
      try {
        events.push(this.#options.registry.decode(event));
      } catch (problem) {
        return { events, problem: problem ?? new Error('unreadable') };
      }
    return { events, problem: undefined };
  }

  /** A failed key is parked with the event that failed and those of it behind, which the handler has not applied. */
  #parkingOf(handled: Handled, events: readonly RecordedEvent[]): ParkedChange[] {
    const { handler, clock } = this.#options;
    const failed = new Map(handled.failures.map((failure) => [failure.key, failure]));
    if (failed.size === 0) return [];
    const positions = new Map<string, Position[]>();
    for (const event of events) {
      const key = handler.key(event);
      const failure = failed.get(key);
      if (failure !== undefined && event.position >= failure.event.position)
        appendTo(positions, key, event.position);
    }
    return [...positions].map(([key, waiting]) => ({
      change: 'park',
      key,
      error: describe(failed.get(key)?.error),
      at: clock.now(),
      positions: waiting,
    }));
  }

  /** Tries a parked key again, in the order of its events, until it is released or fails once more. */
  async replay(key: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#parked.has(key)) {
      const entry = (await this.#options.readStore.parked(this.#options.handler.name)).find(
        (it) => it.key === key,
      );
      if (entry === undefined) return;
      const positions = entry.positions.slice(0, consumerLimits.eventsPerReplay);
      const events = await this.#eventsAt(positions);
      const handled = events.length === 0 ? nothing : await this.#options.handler.handle(events, signal);
      const changes = this.#afterReplay(key, handled, positions, entry.waiting);
      await this.#commit(handled, this.#checkpoint, changes);
      this.#handled += events.length;
      if (handled.failures.length > 0) return;
    }
  }

  #afterReplay(
    key: string,
    handled: Handled,
    positions: readonly Position[],
    waiting: number,
  ): ParkedChange[] {
    const [failure] = handled.failures;
    if (failure !== undefined)
      return [
        { change: 'advance', key, through: failure.event.position - 1n },
        { change: 'park', key, error: describe(failure.error), at: this.#options.clock.now(), positions: [] },
      ];
    if (positions.length >= waiting) return [{ change: 'release', key }];
    return [{ change: 'advance', key, through: positions.at(-1) ?? 0n }];
  }

  async #eventsAt(positions: readonly Position[]): Promise<RecordedEvent[]> {
    const { store, handler, registry } = this.#options;
    const events: RecordedEvent[] = [];
    for (const position of positions) {
      const page = await store.readAll({ after: position - 1n, limit: 1, filter: handler.filter });
      const [stored] = page.events;
      if (stored === undefined || stored.position !== position)
        throw new Unworkable(`the parked event at ${position} is not in the history`);
      events.push(registry.decode(stored));
    }
    return events;
  }

  async #commit(handled: Handled, checkpoint: Position, parked: readonly ParkedChange[]): Promise<void> {
    const { lease, readStore, handler } = this.#options;
    const outcome = await readStore.commit({ lease, writes: handled.writes, checkpoint, parked });
    if (outcome === 'fenced') throw new Fenced(handler.name);
    this.#checkpoint = checkpoint;
    for (const change of parked) {
      if (change.change === 'park') this.#parked.add(change.key);
      if (change.change === 'release') this.#parked.delete(change.key);
    }
    if (this.#parked.size > consumerLimits.parkedKeys)
      throw new Unworkable(`more than ${consumerLimits.parkedKeys} keys are parked`);
  }
}

const nothing: Handled = { writes: [], failures: [] };
const describe = (error: Error | undefined): string =>
  `${error?.name ?? 'Error'}: ${error?.message ?? ''}`.slice(0, 1_000);

function appendTo(lists: Map<string, Position[]>, key: string, position: Position): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [position]);
  else list.push(position);
}
