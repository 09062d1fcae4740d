import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import {
  type Consume,
  type Consumer,
  type ConsumerStatus,
  type Handler,
  isUnkeyed,
} from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore, Lease } from '#domain/kernel/ports/consumer-store.ts';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { NewerEventError, type Registry } from '#domain/kernel/registry.ts';
import { every, pause } from '#runtime/pause.ts';
import { FencedError, LeaseSession, UnworkableError } from './lease-session.ts';
import { consumerLimits, pauseAfter } from './limits.ts';
import { partitionOf, partsOf, statusOfParts } from './partition.ts';
import { progressOf } from './progress.ts';

export interface ConsumerLoopOptions {
  /** What is followed: the process's feed, or the store itself. */
  readonly feed: Pick<EventFeed, 'follow'>;
  /** Where the events of parked keys are read again. */
  readonly store: Pick<EventStore, 'readAll'>;
  readonly consumers: ConsumerStore;
  readonly registry: Registry;
  /** The clock by which leases run: all processes on one read store must agree on it. */
  readonly clock: Clock;
  /** Names this process, and no other that ever was: a fresh id. */
  readonly owner: string;
  /** How long a silent owner keeps its lease, in milliseconds. Default 10,000. */
  readonly leaseMs?: number;
  /** Default 500 ms; see {@link consumerLimits}. */
  readonly retryPollMs?: number;
}

/** The one consumer loop: lease → follow → handle → commit with the checkpoint; parks, fences, waits. */
export function consumerLoop(options: ConsumerLoopOptions): Consume {
  return async (handler, { from = BEGINNING } = {}) => {
    const names = partsOf(handler);
    const parts = names.map((name, part) =>
      runPart(options, { ...handler, ...partOf(handler, name, part) }, from),
    );
    return {
      name: handler.name,
      status: () =>
        statusOfParts(
          handler.name,
          parts.map((part) => part.status()),
        ),
      async reached(position, timeoutMs) {
        const all = await Promise.all(parts.map((part) => part.reached(position, timeoutMs)));
        return all.every((reached) => reached);
      },
      async stop() {
        await Promise.all(parts.map((part) => part.stop()));
      },
    };
  };
}

/** Whether repeating would not help. */
const isFinal = (error: unknown): boolean =>
  error instanceof NewerEventError ||
  error instanceof UnworkableError ||
  error instanceof NoSuchCollectionError;

/** Another owner's turn is no trouble. */
const problemOf = (error: unknown): string | undefined =>
  error instanceof FencedError ? undefined : String(error);

interface Part extends Handler {
  readonly part: number;
}

/** Methods are bound anew because a handler may be an object that uses `this`. */
const partOf = (handler: Handler, name: string, part: number): Part => ({
  name,
  part,
  filter: handler.filter,
  partitions: handler.partitions ?? 1,
  key: (event) => handler.key(event),
  handle: (events, signal) => handler.handle(events, signal),
  forget: () => handler.forget?.(),
});

function runPart(options: ConsumerLoopOptions, handler: Part, from: Position): Consumer {
  const run = new PartRun(options, handler, from);
  const ended = run.run();
  return {
    name: handler.name,
    status: () => run.status(),
    reached: (position, timeoutMs) => run.progress.reached(position, timeoutMs),
    async stop() {
      run.stopping.abort();
      await ended;
    },
  };
}

/** A part of a consumer from its start to its stop: one session after another. */
class PartRun {
  readonly stopping = new AbortController();
  readonly progress;
  readonly #options: ConsumerLoopOptions;
  readonly #handler: Part;
  readonly #from: Position;
  readonly #leaseMs: number;
  #state: ConsumerStatus['state'] = 'waiting-for-lease';
  #problem: string | undefined;
  #session: LeaseSession | undefined;
  #handledBefore = 0;
  #failures = 0;
  #hasBegun = false;

  constructor(options: ConsumerLoopOptions, handler: Part, from: Position) {
    this.#options = options;
    this.#handler = handler;
    this.#from = from;
    this.#leaseMs = options.leaseMs ?? 10_000;
    this.progress = progressOf(options.clock);
  }

  status(): ConsumerStatus {
    return {
      name: this.#handler.name,
      state: this.#state,
      position: this.progress.position,
      parkedKeys: this.#session?.parkedKeys ?? 0,
      handled: this.#handledBefore + (this.#session?.handled ?? 0),
      problem: this.#problem,
    };
  }

  /** Never rejects: what goes wrong is said by the status and met again, or ends the run in a state that says so. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lease = await this.#takeLease();
        if (lease === undefined) break;
        await this.#hold(lease);
      } catch (error) {
        if (signal.aborted) break;
        this.#problem = problemOf(error);
        if (isFinal(error)) {
          this.#state = error instanceof NewerEventError ? 'newer-event' : 'stopped';
          break;
        }
        this.#failures += 1;
        if (!(error instanceof FencedError))
          await pause(this.#options.clock, pauseAfter(this.#failures), signal);
      }
    }
    if (this.#state !== 'newer-event') this.#state = 'stopped';
    this.progress.end();
  }

  /** Asks for the lease until it is had; `undefined` when stopped meanwhile. */
  async #takeLease(): Promise<Lease | undefined> {
    const { clock } = this.#options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const lease = await this.#askForLease();
      if (lease !== undefined) return lease;
      this.#state = 'waiting-for-lease';
      // The other owner moves the checkpoint meanwhile, and readers here may wait for it.
      const checkpoint = await this.#options.consumers.checkpoint(this.#handler.name);
      if (checkpoint !== undefined) this.progress.moveTo(checkpoint);
      await pause(clock, Math.max(1, Math.floor(this.#leaseMs / 10)), signal);
    }
    return undefined;
  }

  #askForLease(): Promise<Lease | undefined> {
    const { consumers, owner, clock } = this.#options;
    return consumers.lease(this.#handler.name, owner, millisecondsOf(clock.now()), this.#leaseMs);
  }

  /** One session: until stopped, fenced, or something throws. */
  async #hold(lease: Lease): Promise<void> {
    const { consumers, clock } = this.#options;
    const lost = new AbortController();
    const stopRenewing = every(clock, Math.max(1, Math.floor(this.#leaseMs / 3)), () => {
      this.#askForLease().then(
        (renewed) => {
          if (renewed?.epoch !== lease.epoch) lost.abort();
        },
        // The next commit tells whether the lease still holds.
        () => undefined,
      );
    });
    try {
      const session = await this.#begin(lease);
      this.#session = session;
      this.progress.moveTo(session.checkpoint);
      await this.#work(session, AbortSignal.any([lost.signal, this.stopping.signal]));
    } finally {
      stopRenewing();
      this.#handledBefore += this.#session?.handled ?? 0;
      this.#session = undefined;
      // A store that fails here has failed the work before; the lease then ends by its time.
      await consumers.release(lease).catch(() => undefined);
    }
  }

  async #begin(lease: Lease): Promise<LeaseSession> {
    const { consumers, store, registry, clock } = this.#options;
    const known = await consumers.checkpoint(lease.consumer);
    const checkpoint = known ?? this.#from;
    if (known === undefined) {
      // Someone forgot this consumer on purpose: to begin again would write into what has been dropped.
      if (this.#hasBegun) throw new UnworkableError('its checkpoint is gone');
      const outcome = await consumers.commit({ lease, writes: [], checkpoint, parked: [] });
      if (outcome === 'fenced') throw new FencedError(lease.consumer);
    }
    this.#hasBegun = true;
    const handler = this.#handler;
    const parked = (await consumers.parked(lease.consumer)).map((entry) => entry.key);
    const { part, partitions = 1 } = handler;
    return new LeaseSession({
      handler,
      lease,
      checkpoint,
      parked,
      store,
      consumers,
      registry,
      clock,
      mine: (key) => partitions === 1 || partitionOf(key, partitions) === part,
    });
  }

  async #work(session: LeaseSession, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#replayRequested(session, over);
      const interrupted = new AbortController();
      const stopLooking = this.#whenRetryIsAsked(session, () => interrupted.abort());
      try {
        await this.#follow(session, over, AbortSignal.any([over, interrupted.signal]));
      } finally {
        stopLooking();
      }
    }
  }

  /** Follows until the signal; batches that are there are finished by `over` alone. */
  async #follow(session: LeaseSession, over: AbortSignal, signal: AbortSignal): Promise<void> {
    const { feed } = this.#options;
    const { filter } = this.#handler;
    for await (const batch of feed.follow({ after: session.checkpoint, filter, signal })) {
      try {
        await session.take(batch.events, batch.through, over);
      } finally {
        this.progress.moveTo(session.checkpoint);
      }
      this.#state = batch.live ? 'live' : 'catching-up';
      this.#problem = undefined;
      this.#failures = 0;
      if (signal.aborted) return;
    }
    if (!signal.aborted) throw new Error('the feed has ended');
  }

  async #replayRequested(session: LeaseSession, over: AbortSignal): Promise<void> {
    if (session.parkedKeys === 0) return;
    const parked = await this.#options.consumers.parked(this.#handler.name);
    const requested = parked.filter(({ retry }) => retry).map(({ key }) => key);
    // What waits without a key comes first: others wait behind it.
    for (const key of [...requested.filter(isUnkeyed), ...requested.filter((it) => !isUnkeyed(it))])
      if (!over.aborted) await session.replay(key, over);
  }

  #whenRetryIsAsked(session: LeaseSession, asked: () => void): () => void {
    const { consumers, clock, retryPollMs = consumerLimits.retryPollMs } = this.#options;
    return every(clock, retryPollMs, () => {
      if (session.parkedKeys === 0) return;
      consumers.parked(this.#handler.name).then(
        (parked) => {
          if (parked.some((entry) => entry.retry)) asked();
        },
        // A store that cannot be read now is asked again after the same time.
        () => undefined,
      );
    });
  }
}
