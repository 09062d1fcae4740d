import { BEGINNING, type Position, type RecordedEvent, type StoredEvent } from '#domain/kernel/envelope.ts';
import { type Handled, type Handler, isUnkeyed, unkeyedOf } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore, Lease, ParkedChange, ParkedKey } from '#domain/kernel/ports/consumer-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { NewerEventError, type Registry } from '#domain/kernel/registry.ts';
import { consumerLimits, mostOf } from './limits.ts';
import { type Met, meet } from './meeting.ts';

/** Another owner has taken the lease, or the checkpoint was moved by somebody else: nothing of what was in hand was written. */
export class FencedError extends Error {
  constructor(consumer: string) {
    super(`${consumer} belongs to another owner, or is not where it was left`);
    this.name = 'FencedError';
  }
}

/** The consumer cannot go on until somebody changes something. */
export class UnworkableError extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = 'UnworkableError';
  }
}

export interface LeaseSessionOptions {
  readonly handler: Handler;
  readonly lease: Lease;
  readonly checkpoint: Position;
  readonly parked: Iterable<string>;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly consumers: ConsumerStore;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Whether a key is this part's business. */
  mine(key: string): boolean;
}

type Keyed = Extract<Met, { readonly key: string }>;
interface Waiting {
  readonly error: Error;
  readonly positions: Position[];
}
interface Blocked {
  readonly event: { readonly position: Position };
  readonly error: Error;
}

/**
 * One owner's work under one lease: batches in, commits out. Any throw ends it; what was not committed is met again,
 * because the next session begins at the checkpoint.
 *
 * Poison parks its key. Of an event that does not fit its schema, or whose key throws, nobody can tell the key; it
 * waits under the name of its stream, and so does the key that its unread data names. From then on every key that the
 * stream brings is parked too, in its own order: otherwise its events from other streams would overtake, and what was
 * overtaken would count as a repeat after the fix. One gap is left: an event of the very key that nobody could tell,
 * from another stream, before its own stream brings that key again. A view that has met such an event is to be rebuilt
 * after the fix.
 */
export class LeaseSession {
  readonly #options: LeaseSessionOptions;
  readonly #parked: Set<string>;
  #checkpoint: Position;
  #handled = 0;

  constructor(options: LeaseSessionOptions) {
    this.#options = options;
    this.#parked = new Set(options.parked);
    this.#checkpoint = options.checkpoint;
    options.handler.forget?.(options.checkpoint === BEGINNING);
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

  /** Without those of other parts, as far as that can be told unread: each would read them all, or stop where it need not. */
  ownOf(stored: readonly StoredEvent[]): readonly StoredEvent[] {
    const { handler, mine } = this.#options;
    const { keyOfStream } = handler;
    return keyOfStream === undefined ? stored : stored.filter(({ stream }) => mine(keyOfStream(stream)));
  }

  /** Takes the events in pieces; each piece and the checkpoint behind it are one commit. */
  async take(stored: readonly StoredEvent[], through: Position, signal: AbortSignal): Promise<void> {
    // That it is live by now is no news for the store.
    if (stored.length === 0 && through === this.#checkpoint) return;
    const most = mostOf(this.#options.handler);
    for (let from = 0; from === 0 || from < stored.length; from += most) {
      if (signal.aborted) return;
      const piece = stored.slice(from, from + most);
      const isLast = from + most >= stored.length;
      await this.#takePiece(piece, isLast ? through : (piece.at(-1)?.position ?? through), signal);
    }
  }

  async #takePiece(stored: readonly StoredEvent[], through: Position, signal: AbortSignal): Promise<void> {
    const { met, newer } = this.#meetAll(stored);
    const { ready, waiting } = this.#divide(met);
    const { handler } = this.#options;
    const events = ready.map(({ event }) => event);
    const handled = events.length === 0 ? nothing : await handler.handle(events, signal);
    const parked = this.#parkingOf(handled, ready, waiting);
    // What stands before an event that is newer is done; the checkpoint stops just before it.
    const checkpoint = newer === undefined ? through : (met.at(-1)?.stored.position ?? this.#checkpoint);
    await this.#commit(handled, checkpoint, parked);
    this.#handled += ready.length;
    if (newer !== undefined) throw newer;
  }

  #meetAll(stored: readonly StoredEvent[]): { met: Met[]; newer: NewerEventError | undefined } {
    const { registry, handler } = this.#options;
    const met: Met[] = [];
    for (const event of stored)
      try {
        met.push(meet(registry, handler, event));
      } catch (problem) {
        if (problem instanceof NewerEventError) return { met, newer: problem };
        throw problem;
      }
    return { met, newer: undefined };
  }

  /** What may be handled now, and what waits under which key and for what. */
  #divide(met: readonly Met[]): { ready: Keyed[]; waiting: Map<string, Waiting> } {
    const { mine } = this.#options;
    const ready: Keyed[] = [];
    const waiting = new Map<string, Waiting>();
    const isHeld = (key: string): boolean => this.#parked.has(key) || waiting.has(key);
    const wait = (key: string, { position }: StoredEvent, error: Error): void => {
      const there = waiting.get(key);
      if (there === undefined) waiting.set(key, { error, positions: [position] });
      else there.positions.push(position);
    };
    for (const one of met) {
      const { stored } = one;
      const unkeyed = unkeyedOf(stored.stream);
      if ('error' in one) {
        wait(unkeyed, stored, one.error);
        if (one.guess !== undefined && mine(one.guess)) wait(one.guess, stored, one.error);
      } else if (!mine(one.key)) continue;
      else if (isHeld(one.key) || isHeld(unkeyed)) wait(one.key, stored, behind(unkeyed));
      else ready.push(one);
    }
    return { ready, waiting };
  }

  /** A failed key is parked with the event that failed and those of it behind, which the handler has not applied. */
  #parkingOf(
    { failures }: Handled,
    ready: readonly Keyed[],
    waiting: ReadonlyMap<string, Waiting>,
  ): ParkedChange[] {
    const at = this.#options.clock.now();
    const failed = failures.map(({ key, event, error }): ParkedChange => {
      const behindIt = ready.filter((it) => it.key === key && it.event.position >= event.position);
      const positions = behindIt.map((it) => it.event.position);
      return { change: 'park', key, error: describe(error), at, positions };
    });
    const parked = new Set([...this.#parked, ...failed.map(({ key }) => key)]);
    const waits = [...waiting].map(
      ([key, { error, positions }]): ParkedChange =>
        parked.has(key)
          ? { change: 'append', key, positions }
          : { change: 'park', key, error: describe(error), at, positions },
    );
    return [...failed, ...waits];
  }

  /** Tries a parked key again, in the order of its events, until it is released or fails once more. */
  async replay(key: string, signal: AbortSignal): Promise<void> {
    const { consumers, handler } = this.#options;
    // Behind an event without a key others may wait that have another one: each of these for itself.
    const most = isUnkeyed(key) ? 1 : consumerLimits.eventsPerReplay;
    while (!signal.aborted && this.#parked.has(key)) {
      const all = await consumers.parked(handler.name);
      const entry = all.find((it) => it.key === key);
      if (entry === undefined) return;
      const positions = entry.positions.slice(0, most);
      const { events, blocked } = await this.#replayable(key, positions, all);
      const handled = events.length === 0 ? nothing : await handler.handle(events, signal);
      const [failure = blocked] = handled.failures;
      const changes = this.#afterReplay(key, failure, positions, entry.waiting);
      await this.#commit(handled, this.#checkpoint, changes);
      this.#handled += events.length;
      if (failure !== undefined) return;
    }
  }

  #afterReplay(
    key: string,
    failure: Blocked | undefined,
    positions: readonly Position[],
    waiting: number,
  ): ParkedChange[] {
    if (failure !== undefined)
      return [
        { change: 'advance', key, through: failure.event.position - 1n },
        { change: 'park', key, error: describe(failure.error), at: this.#options.clock.now(), positions: [] },
      ];
    if (positions.length >= waiting) return [{ change: 'release', key }];
    return [{ change: 'advance', key, through: positions.at(-1) ?? 0n }];
  }

  /** The events at these places, up to the first that cannot be handled yet. */
  async #replayable(
    key: string,
    positions: readonly Position[],
    parked: readonly ParkedKey[],
  ): Promise<{ events: RecordedEvent[]; blocked: Blocked | undefined }> {
    const { store, handler, registry, mine } = this.#options;
    const firstOf = (name: string): Position | undefined =>
      parked.find((it) => it.key === name)?.positions[0];
    const events: RecordedEvent[] = [];
    for (const position of positions) {
      const page = await store.readAll({ after: position - 1n, limit: 1, filter: handler.filter });
      const [stored] = page.events;
      if (stored === undefined || stored.position !== position)
        throw new UnworkableError(`the parked event at ${position} is not in the history`);
      const met = meet(registry, handler, stored);
      if ('error' in met) return { events, blocked: { event: stored, error: met.error } };
      const unkeyed = unkeyedOf(stored.stream);
      // An event that got its key only now waits for what its key had before; every other waits for its stream.
      const [before, first] = key === unkeyed ? [met.key, position - 1n] : [unkeyed, position];
      if ((firstOf(before) ?? position + 1n) <= first)
        return { events, blocked: { event: stored, error: behind(before) } };
      if (mine(met.key)) events.push(met.event);
    }
    return { events, blocked: undefined };
  }

  async #commit(handled: Handled, checkpoint: Position, parked: readonly ParkedChange[]): Promise<void> {
    const { lease, consumers, handler } = this.#options;
    const outcome = await consumers.commit({
      lease: { ...lease, checkpoint: this.#checkpoint },
      writes: handled.writes,
      checkpoint,
      parked,
    });
    if (outcome === 'fenced') throw new FencedError(handler.name);
    this.#checkpoint = checkpoint;
    for (const change of parked) {
      if (change.change === 'park') this.#parked.add(change.key);
      if (change.change === 'release') this.#parked.delete(change.key);
    }
    if (this.#parked.size > consumerLimits.parkedKeys)
      throw new UnworkableError(`more than ${consumerLimits.parkedKeys} keys are parked`);
  }
}

const nothing: Handled = { writes: [], failures: [] };
const describe = ({ name, message }: Error): string => `${name}: ${message}`.slice(0, 1_000);

const behind = (key: string): Error => new Error(`waits behind ${key}`);
