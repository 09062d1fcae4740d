import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import { later } from '#domain/kernel/instant.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Behind, NotFound, Overloaded, Parked, Rejected, Unavailable } from '#domain/kernel/rejections.ts';
import type { View } from '#projections/view.ts';
import type { Interval, Source } from '../feeds/feed.ts';
import type { History } from '../house.ts';
import type { ReadLimits } from '../limits.ts';

/** The state of an auction as it was at `position`. */
export interface AuctionItem extends Interval {
  readonly auction: object;
}

/** The auctions somebody follows in this process, each folded once for all who follow it. */
export interface LiveAuctions {
  /**
   * The states behind `after`: at first the state as it is, then each that follows; a reader that is slow gets the newest and
   * the interval of all it missed. @throws Rejected with `not_found`, `behind`, `overloaded` or `parked`
   */
  follow(
    auctionId: string,
    from: { readonly after: Position | undefined; readonly atLeast: Position | undefined },
  ): Promise<Source<AuctionItem>>;
  /** How many are folded now. */
  readonly size: number;
}

interface Watcher {
  wake(): void;
}

/** One auction, folded. The fold is moved by `apply` alone, in the order of the stream. */
interface Live {
  readonly id: string;
  readonly watchers: Set<Watcher>;
  document: object | undefined;
  /** Of the last event folded; -1 before the first. */
  revision: number;
  position: Position;
  /** The last revision the tail has told of. */
  told: number;
  reading: Promise<void> | undefined;
  /** It has been read up to what the tail tells; false for one that nobody has followed for a while. */
  isCurrent: boolean;
  failed: Error | undefined;
}

/** What all auctions are told of: one tail of the history for the process. */
interface Tail {
  readonly stop: AbortController;
  readonly begun: Promise<void>;
  through: Position;
  readonly waiting: Set<() => void>;
}

interface Options {
  /** Its fold makes the state; only events of the auction's own stream reach it. */
  readonly view: View;
  readonly registry: Registry;
  readonly store: History;
  readonly feed: EventFeed;
  readonly clock: Clock;
  readonly logger: Log;
  readonly limits: ReadLimits;
}

const PREFIX = 'auction-';

export function liveAuctions({ view, registry, store, feed, clock, logger, limits }: Options): LiveAuctions {
  const auctions = new Map<string, Live>();
  /** As they were when their last follower left, the longest ago first: whoever comes back needs only what came since. */
  const left = new Map<string, Live>();
  const types = new Set(view.events.map(({ type }) => type));
  let tail: Tail | undefined;

  const wakeAll = (live: Live): void => {
    for (const watcher of live.watchers) watcher.wake();
  };

  function fail(live: Live, error: Error): void {
    live.failed = error;
    // Whoever comes next begins anew; those who follow now are told and come back with their cursor.
    if (auctions.get(live.id) === live) auctions.delete(live.id);
    wakeAll(live);
  }

  function apply(live: Live, stored: StoredEvent): void {
    if (stored.revision !== live.revision + 1) return;
    if (types.has(stored.type)) {
      try {
        live.document = view.fold(live.document, registry.decode(stored), live.id);
      } catch (error) {
        logger.error({ err: error, stream: stored.stream, revision: stored.revision }, 'a live fold failed');
        fail(live, new Rejected(Parked({ view: view.name, key: live.id })));
        return;
      }
      live.position = stored.position;
    }
    live.revision = stored.revision;
  }

  /** Reads what the fold lacks of the stream, until it holds all that the tail has told of. */
  async function read(live: Live): Promise<void> {
    const limit = limits.streamPageEvents;
    for (;;) {
      const from = live.revision + 1;
      const page = await store.readStream(PREFIX + live.id, { from, limit });
      for (const event of page) apply(live, event);
      if (live.failed !== undefined) return;
      if (page.length === limit) continue;
      if (live.told <= live.revision) return;
      // What the tail has told of is durable; a store that does not have it is behind itself.
      if (page.length === 0) throw new Rejected(Unavailable({ retryAfterMs: 1_000 }));
    }
  }

  function catchUp(live: Live): Promise<void> {
    live.reading ??= read(live)
      .catch((error: Error) => fail(live, error))
      .finally(() => {
        live.reading = undefined;
        live.isCurrent = true;
        // What the tail told of after the last look, and before this, was left to the reading.
        if (live.failed === undefined && live.told > live.revision) void catchUp(live);
        else wakeAll(live);
      });
    return live.reading;
  }

  function told(event: StoredEvent): void {
    const live = auctions.get(idOf(event.stream));
    if (live === undefined || event.revision <= live.revision) return;
    live.told = event.revision;
    if (live.reading !== undefined) return;
    apply(live, event);
    if (live.revision < event.revision) void catchUp(live);
    else wakeAll(live);
  }

  function startTail(): Tail {
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const started: Tail = { stop, begun: begun.promise, through: BEGINNING, waiting: new Set() };
    const run = async (): Promise<void> => {
      // Known before any stream is read: what comes behind the read is then told by the tail.
      started.through = await store.head();
      begun.resolve();
      const filter = { streams: [PREFIX] };
      for await (const batch of feed.follow({ after: started.through, filter, signal: stop.signal })) {
        for (const event of batch.events) told(event);
        started.through = batch.through;
        for (const check of started.waiting) check();
      }
    };
    run().then(
      () => ended(started, undefined),
      (error: Error) => {
        begun.reject(error);
        ended(started, error);
      },
    );
    begun.promise.catch(() => undefined);
    return started;
  }

  function ended(stopped: Tail, error: Error | undefined): void {
    if (error !== undefined) logger.warn({ err: error }, 'the tail of the live auctions ended');
    if (tail !== stopped) return;
    tail = undefined;
    for (const live of [...auctions.values()]) fail(live, new Rejected(Unavailable({ retryAfterMs: 1_000 })));
  }

  function keep(live: Live): void {
    if (live.reading !== undefined || live.document === undefined) return;
    live.isCurrent = false;
    left.set(live.id, live);
    const [longest] = left.keys();
    if (left.size > limits.leftAuctions && longest !== undefined) left.delete(longest);
  }

  function leave(live: Live, watcher: Watcher): void {
    live.watchers.delete(watcher);
    if (live.watchers.size === 0 && auctions.get(live.id) === live) {
      auctions.delete(live.id);
      keep(live);
    }
    if (auctions.size > 0) return;
    tail?.stop.abort();
    tail = undefined;
  }

  /** Resolves when the tail has come to the position; rejects with `behind` after the time. */
  function reached({ waiting }: Tail, at: () => Position, position: Position): Promise<void> {
    if (at() >= position) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        waiting.delete(check);
        cancel();
        settle();
      };
      const check = (): void => {
        if (at() >= position) done(resolve);
      };
      const cancel = clock.at(later(clock.now(), limits.feedBehindMs), () =>
        done(() => reject(new Rejected(Behind({ view: view.name, retryAfterMs: 1_000 })))),
      );
      waiting.add(check);
    });
  }

  function sourceOf(live: Live, after: Position): { source: Source<AuctionItem>; watcher: Watcher } {
    let at = after;
    let open = true;
    let wakeUp: (() => void) | undefined;
    const watcher: Watcher = {
      wake() {
        wakeUp?.();
        wakeUp = undefined;
      },
    };
    const source: Source<AuctionItem> = {
      async next() {
        while (open) {
          if (live.failed !== undefined) throw live.failed;
          if (live.reading === undefined && live.document !== undefined && live.position > at) {
            const item = { after: at, position: live.position, auction: live.document };
            at = live.position;
            return item;
          }
          await new Promise<void>((resolve) => {
            wakeUp = resolve;
          });
        }
        return undefined;
      },
      close() {
        if (!open) return;
        open = false;
        leave(live, watcher);
        watcher.wake();
      },
    };
    return { source, watcher };
  }

  function liveOf(id: string): Live {
    const known = auctions.get(id);
    if (known !== undefined) return known;
    if (auctions.size >= limits.liveAuctions) throw new Rejected(Overloaded({ retryAfterMs: 5_000 }));
    const live: Live = left.get(id) ?? {
      id,
      watchers: new Set(),
      document: undefined,
      revision: -1,
      position: BEGINNING,
      told: -1,
      reading: undefined,
      isCurrent: false,
      failed: undefined,
    };
    left.delete(id);
    auctions.set(id, live);
    return live;
  }

  return {
    get size() {
      return auctions.size;
    },
    async follow(auctionId, { after = BEGINNING, atLeast = BEGINNING }) {
      const live = liveOf(auctionId);
      const { source, watcher } = sourceOf(live, after);
      live.watchers.add(watcher);
      tail ??= startTail();
      const following = tail;
      try {
        await following.begun;
        if (!live.isCurrent) await catchUp(live);
        else await live.reading;
        if (live.failed !== undefined) throw live.failed;
        await reached(following, () => following.through, atLeast);
        if (live.document === undefined) throw new Rejected(NotFound({ what: `auction ${auctionId}` }));
      } catch (error) {
        source.close();
        throw error;
      }
      return source;
    },
  };
}
