import type { Position } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { type ConsumerStatus, type Handler, isUnkeyed } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore, Lease } from '#domain/kernel/ports/consumer-store.ts';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { NewerEventError, type Registry } from '#domain/kernel/registry.ts';
import { every, pause } from '#runtime/pause.ts';
import { gathering } from './gathering.ts';
import { FencedError, LeaseSession, UnworkableError } from './lease-session.ts';
import { consumerLimits, mostOf, pauseAfter } from './limits.ts';
import { partitionOf } from './partition.ts';
import type { Place } from './place.ts';
import { progressOf } from './progress.ts';

export interface PartRunOptions {
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
  /** How long a silent owner keeps its lease, in milliseconds. */
  readonly leaseMs: number;
  /** Whoever ran the same before has ended, and nobody else runs it: a killed one's lease is not waited for. */
  readonly isHeir?: boolean;
  /** Default 500 ms; see {@link consumerLimits}. */
  readonly retryPollMs?: number;
}

/** Whether repeating would not help. */
const isFinal = (error: unknown): boolean =>
  error instanceof NewerEventError ||
  error instanceof UnworkableError ||
  error instanceof NoSuchCollectionError;

/** So long the release of a lease waits for a renewal that is on its way, in milliseconds. */
const RENEWAL_MS = 1_000;

/** Another owner's turn is no trouble. */
const problemOf = (error: unknown): string | undefined =>
  error instanceof FencedError ? undefined : String(error);

export interface Part extends Handler {
  readonly part: number;
}

/** A part of a consumer from its start to its stop: one session after another. */
export class PartRun {
  readonly stopping = new AbortController();
  readonly progress;
  readonly #options: PartRunOptions;
  readonly #handler: Part;
  readonly #place: Place;
  readonly #from: Position;
  #state: ConsumerStatus['state'] = 'waiting-for-lease';
  /** What it tries again for; stands until it has worked again, here or at another's. */
  #problem: string | undefined;
  /** Why its lease cannot be renewed: one that has nothing to commit would find out by nothing else. */
  #unrenewed: string | undefined;
  #session: LeaseSession | undefined;
  #handledBefore = 0;
  #failures = 0;
  #hasBegun = false;
  #hasHeld = false;

  constructor(options: PartRunOptions, handler: Part, place: Place, from: Position) {
    this.#options = options;
    this.#handler = handler;
    this.#place = place;
    this.#from = from;
    this.progress = progressOf(options.clock);
  }

  status(): ConsumerStatus {
    return {
      name: this.#handler.name,
      state: this.#state,
      position: this.progress.position,
      parkedKeys: this.#session?.parkedKeys ?? 0,
      handled: this.#handledBefore + (this.#session?.handled ?? 0),
      held: this.#session === undefined ? [] : [this.#handler.name],
      problem:
        this.#problem ??
        this.#unrenewed ??
        (this.#state === 'waiting-for-lease' ? this.#place.problem() : undefined),
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
        // Behind a failure another's turn is no news: nothing has worked yet.
        this.#problem = problemOf(error) ?? this.#problem;
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
    this.#place.leave();
    this.progress.end();
  }

  /** Asks for the lease, when it is ours to ask for, until it is had; `undefined` when stopped meanwhile. */
  async #takeLease(): Promise<Lease | undefined> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      // Once: whoever comes behind us is none of those who have ended.
      const inherits = this.#options.isHeir === true && !this.#hasHeld;
      const lease = this.#place.isOurs() ? await this.#askForLease(inherits) : undefined;
      if (lease !== undefined) return lease;
      this.#state = 'waiting-for-lease';
      // What went wrong here is no trouble any more where another has it; where nobody has, it is not over.
      if (this.#place.isAnothers()) this.#problem = undefined;
      // The other owner moves the checkpoint meanwhile, and readers here may wait for it.
      const checkpoint = await this.#place.checkpoint();
      if (checkpoint !== undefined) {
        this.progress.moveTo(checkpoint);
        this.#hasBegun = true;
      }
      await this.#place.change(signal);
    }
    return undefined;
  }

  #askForLease(inherits = false): Promise<Lease | undefined> {
    const { consumers, owner, clock, leaseMs } = this.#options;
    return consumers.lease(this.#handler.name, owner, millisecondsOf(clock.now()), leaseMs, inherits);
  }

  /** One session: until stopped, fenced, another's turn, or something throws. */
  async #hold(lease: Lease): Promise<void> {
    const { consumers } = this.#options;
    this.#hasHeld = true;
    const [lost, handing] = [new AbortController(), new AbortController()];
    const stopRenewing = this.#renew(lease, () => lost.abort());
    this.#place.taken();
    const stopListening = this.#place.whenWanted(() => handing.abort());
    try {
      const session = await this.#begin(lease);
      this.#session = session;
      this.progress.moveTo(session.checkpoint);
      await this.#work(session, AbortSignal.any([lost.signal, handing.signal, this.stopping.signal]));
    } catch (error) {
      // What was cut short is met again by whoever is next.
      if (!handing.signal.aborted || isFinal(error)) throw error;
    } finally {
      this.#unrenewed = undefined;
      stopListening();
      this.#handledBefore += this.#session?.handled ?? 0;
      this.#session = undefined;
      await stopRenewing();
      // A store that fails here has failed the work before; the lease then ends by its time.
      await consumers.release(lease).catch(() => undefined);
      this.#place.givenUp();
    }
  }

  /** Until the result is called, which waits for a renewal on its way: behind the release, it would take the lease again. */
  #renew(lease: Lease, lost: () => void): () => Promise<void> {
    const { clock, leaseMs } = this.#options;
    let renewing: Promise<void> = Promise.resolve();
    let ended = false;
    const stop = every(clock, Math.max(1, Math.floor(leaseMs / 3)), () => {
      const { checkpoint } = this.#session ?? lease;
      renewing = this.#askForLease().then(
        (renewed) => {
          // One without a checkpoint was forgotten meanwhile, and made anew by this very question. One that is
          // behind was put back, with what stands beside it: what has nothing to commit would find out by nothing else.
          const isSame = renewed?.epoch === lease.epoch && renewed.checkpoint >= checkpoint;
          this.#unrenewed = undefined;
          if (!isSame) lost();
        },
        // The next commit tells whether the lease still holds.
        (error) => {
          if (!ended) this.#unrenewed = problemOf(error);
        },
      );
    });
    return async () => {
      stop();
      ended = true;
      const over = new AbortController();
      await Promise.race([renewing.finally(() => over.abort()), pause(clock, RENEWAL_MS, over.signal)]);
    };
  }

  async #begin(lease: Lease): Promise<LeaseSession> {
    const { consumers, store, registry, clock } = this.#options;
    const known = await consumers.checkpoint(lease.consumer);
    const checkpoint = known ?? this.#from;
    if (known === undefined) {
      // Someone forgot this consumer on purpose: to begin again would write into what has been dropped.
      if (this.#hasBegun) {
        // Nor is it to be found again, as it was made by asking for its lease.
        await consumers.forget(lease.consumer);
        throw new UnworkableError(
          'its checkpoint is gone: somebody has forgotten it; a process that is started anew begins again',
        );
      }
      const outcome = await consumers.commit({ lease, writes: [], checkpoint, parked: [] });
      if (outcome === 'fenced') throw new FencedError(lease.consumer);
    }
    this.#hasBegun = true;
    const handler = this.#handler;
    // What has no checkpoint has parked nothing.
    const parked = known === undefined ? [] : await consumers.parked(lease.consumer);
    const { part, partitions = 1 } = handler;
    return new LeaseSession({
      handler,
      lease,
      checkpoint,
      parked: parked.map(({ key }) => key),
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
    const gathered = gathering(mostOf(this.#handler));
    for await (const batch of feed.follow({ after: session.checkpoint, filter, signal })) {
      const events = gathered.with(session.ownOf(batch.events), batch.live);
      if (events !== undefined) {
        try {
          await session.take(events, batch.through, over);
        } finally {
          this.progress.moveTo(session.checkpoint);
        }
        // What is only gathered, or was cut short, has not worked yet.
        if (session.checkpoint >= batch.through) this.#worked();
      }
      this.#state = batch.live ? 'live' : 'catching-up';
      if (signal.aborted) return;
    }
    if (!signal.aborted) throw new Error('the feed has ended');
  }

  #worked(): void {
    this.#problem = undefined;
    this.#failures = 0;
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
