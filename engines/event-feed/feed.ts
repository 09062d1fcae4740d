import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Position } from '#domain/kernel/envelope.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import {
  type Batch,
  type EventStore,
  type FollowOptions,
  StoreError,
  type StoreErrorCode,
  storeLimits,
} from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { matcher } from '../event-store/filter.ts';
import { signalled, type Wake } from '../event-store/wake.ts';
import { type PageReader, sharedPages } from './pages.ts';
import { eventRing, type Ring } from './ring.ts';

export interface EventFeedOptions {
  /** For the pause before a dropped subscription is taken up again. */
  readonly clock: Clock;
  /** Recent events kept for all followers together; 10,000 by default. */
  readonly ringEvents?: number;
  /** Their size in memory, roughly; 64 MiB by default. */
  readonly ringBytes?: number;
  /** Lets others work between two pages of a long catch-up; by default a turn of the event loop. */
  readonly nextTurn?: () => Promise<void>;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** Errors that no pause mends. */
const FINAL: ReadonlySet<StoreErrorCode> = new Set([
  'closed',
  'unreadable',
  'second_writer',
  'invalid_event',
]);

const isPassing = (error: unknown): error is StoreError =>
  error instanceof StoreError && !FINAL.has(error.code);

/** Pauses that double up to a limit, and begin anew after a success. */
function backoff(clock: Clock) {
  let failures = 0;
  return {
    succeeded(): void {
      failures = 0;
    },
    /** Resolves after the pause, or at once when the signal aborts. */
    pause(signal: AbortSignal): Promise<void> {
      failures += 1;
      return pause(clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
    },
  };
}

/** A page of history for one follower; undefined after a passing error and a pause. */
async function pageOf(
  pages: Pick<PageReader, 'read'>,
  asked: Parameters<EventStore['readAll']>[0],
  retry: ReturnType<typeof backoff>,
  signal: AbortSignal,
  nextTurn: () => Promise<void>,
) {
  try {
    const page = await pages.read(asked);
    retry.succeeded();
    // A long catch-up lets others work between its pages.
    await nextTurn();
    return page;
  } catch (error) {
    if (!isPassing(error)) throw error;
    await retry.pause(signal);
    return undefined;
  }
}

/** The one subscription of the process, and what it has brought lately. */
interface Tail {
  /** Undefined until the tail knows where it begins. */
  readonly ring: Ring | undefined;
  /** Why there will be nothing more. */
  readonly ended: unknown;
  readonly arrived: Wake;
}

type Source = Pick<EventStore, 'epoch' | 'follow' | 'head' | 'readAll'>;

/** Fills a ring from the store until the signal; resolves after it, with the reason kept in `ended`. */
function startTail(store: Source, options: EventFeedOptions, signal: AbortSignal) {
  const { clock, ringEvents = 10_000, ringBytes = 64 * 1024 * 1024 } = options;
  const retry = backoff(clock);
  const tail: { -readonly [Field in keyof Tail]: Tail[Field] } = {
    ring: undefined,
    ended: undefined,
    arrived: signalled(),
  };
  let through: Position | undefined;

  async function subscribe(): Promise<void> {
    if (through === undefined) {
      through = await store.head();
      tail.ring = eventRing(through, { ringEvents, ringBytes });
      tail.arrived.signal();
    }
    for await (const batch of store.follow({ after: through, signal })) {
      tail.ring?.put(batch.events, batch.through);
      through = batch.through;
      retry.succeeded();
      tail.arrived.signal();
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await subscribe();
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      // A subscription that ends without a word is taken up again like one that broke.
      await retry.pause(signal);
    }
    throw new StoreError('closed', 'the event feed is closed');
  }

  const finished = run().catch((error: unknown) => {
    tail.ended = error;
    tail.arrived.signal();
  });
  return { tail: tail as Tail, finished };
}

/** One follower: from the store while it is behind the ring, from the ring once it has reached it. */
async function* followTail(
  tail: Tail,
  pages: PageReader,
  { clock, nextTurn = turnOfTheLoop }: EventFeedOptions,
  { after, filter, signal }: FollowOptions,
): AsyncGenerator<Batch> {
  const matches = matcher(filter);
  const retry = backoff(clock);
  const limit = storeLimits.pageEvents;
  let through = after;
  let live = false;
  while (!signal.aborted) {
    if (tail.ended !== undefined) throw tail.ended;
    const { ring } = tail;
    const seen = tail.arrived.count();
    const inRing = ring?.covers(through) ?? false;
    // Whoever has fallen out of the ring has history before it again.
    live &&= inRing;
    const next = inRing
      ? ring?.behind(through, matches, limit)
      : await pageOf(pages, { after: through, limit, ...(filter && { filter }) }, retry, signal, nextTurn);
    if (signal.aborted) return;
    if (next && next.through > through) {
      through = next.through;
      yield { events: next.events, through, live };
    } else if (inRing && !live) {
      live = true;
      pages.isLive();
      yield { events: [], through, live };
    } else if (inRing || !ring) {
      await tail.arrived.after(seen, signal);
    }
  }
}

/**
 * One tail of the store for the whole process. It survives dropped subscriptions; a follower near the head is served from
 * the ring that the tail fills, one further back reads the store (with its filter) until it has reached the ring. All
 * followers are handed the same event objects.
 */
export function eventFeed(store: Source, options: EventFeedOptions): EventFeed {
  const closing = new AbortController();
  const { tail, finished } = startTail(store, options, closing.signal);
  const share = sharedPages(store);

  async function* follow(following: FollowOptions): AsyncGenerator<Batch> {
    const pages = share(following.filter);
    try {
      yield* followTail(tail, pages, options, following);
    } finally {
      pages.leave();
    }
  }

  return {
    epoch: store.epoch,
    follow,
    head: () => store.head(),
    async close() {
      closing.abort();
      await finished;
    },
  };
}
