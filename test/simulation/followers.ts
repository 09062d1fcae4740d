import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { EventFilter } from '#domain/kernel/ports/event-store.ts';
import { type Matches, matcher } from '#engines/event-store/filter.ts';
import { eventSource } from '#read-api/feeds/events.ts';
import type { HistoryDisk } from './history-disk.ts';
import type { Platform } from './process.ts';
import type { Life, Scheduler } from './scheduler.ts';

interface Kind {
  readonly name: string;
  readonly filter: EventFilter;
  /** At most so long between two readings. */
  readonly slowMs: number;
  /** Reads item by item, as subscribers of the API do. */
  readonly byItem: boolean;
}

/** Some read at once, some so slowly that they fall out of what the feed keeps. */
const KINDS: readonly Kind[] = [
  { name: 'everything', filter: {}, slowMs: 0, byItem: false },
  { name: "ann's wallet", filter: { streams: ['wallet-ann:'] }, slowMs: 0, byItem: true },
  { name: 'bids', filter: { types: ['BidPlaced', 'BidAccepted'] }, slowMs: 120, byItem: false },
  { name: 'every wallet', filter: { streams: ['wallet-'] }, slowMs: 30, byItem: true },
];

/** What happened behind one place up to another. */
interface Interval {
  readonly after: Position;
  readonly events: readonly StoredEvent[];
  readonly through: Position;
}

interface Follower extends Kind {
  readonly matches: Matches;
  /** It has everything up to here. */
  mark: Position;
  stop: AbortController;
}

/** Clients that follow the feed, of whichever process, from where they were: no event missing, none twice, all in order. */
export class Followers {
  readonly #scheduler: Scheduler;
  readonly #disk: HistoryDisk;
  readonly #complain: (problem: string) => void;
  readonly #followers = KINDS.map(
    (kind): Follower => ({
      ...kind,
      matches: matcher(kind.filter),
      mark: BEGINNING,
      stop: new AbortController(),
    }),
  );

  constructor(options: {
    readonly scheduler: Scheduler;
    readonly disk: HistoryDisk;
    readonly complain: (problem: string) => void;
  }) {
    this.#scheduler = options.scheduler;
    this.#disk = options.disk;
    this.#complain = options.complain;
  }

  /** They begin at the head. */
  beginAtHead(): void {
    for (const follower of this.#followers) follower.mark = this.#disk.head();
  }

  /** They come back with their last marks, to this process. */
  comeTo({ feed, life }: Platform): void {
    for (const follower of this.#followers) {
      follower.stop.abort();
      follower.stop = new AbortController();
      void this.#follow(follower, feed, life);
    }
  }

  /** Whether everybody has seen everything. */
  get haveAll(): boolean {
    return this.#followers.every(({ mark, matches }) => !this.#disk.events.slice(Number(mark)).some(matches));
  }

  /** To be said at rest, of those who have not. */
  complainOfMissing(): void {
    for (const { name, mark, matches } of this.#followers) {
      const missed = this.#disk.events.slice(Number(mark)).filter(matches);
      if (missed.length > 0)
        this.#complain(`the follower of ${name} stands at ${mark} and never got ${missed.length} events`);
    }
  }

  async #follow(follower: Follower, feed: Platform['feed'], life: Life): Promise<void> {
    const { signal } = follower.stop;
    try {
      for await (const interval of intervalsOf(follower, feed, signal)) {
        if (signal.aborted) return;
        this.#check(follower, interval);
        follower.mark = interval.through;
        if (follower.slowMs > 0) await this.#pause(this.#scheduler.below(follower.slowMs), life);
      }
    } catch (error) {
      this.#complain(`the follower of ${follower.name} was cut off: ${String(error)}`);
    }
  }

  #check({ name, mark, matches }: Follower, { after, events, through }: Interval): void {
    const expected = this.#disk.events.slice(Number(mark), Number(through)).filter(matches);
    const got = events.map(({ position, eventId }) => `${position} ${eventId}`);
    const wanted = expected.map(({ position, eventId }) => `${position} ${eventId}`);
    if (after !== mark) this.#complain(`${name} stood at ${mark}, and is told what came behind ${after}`);
    if (through > this.#disk.head()) this.#complain(`${name} is told of ${through}, which is not durable`);
    if (got.join() !== wanted.join())
      this.#complain(
        `the follower of ${name} got [${positions(events)}] behind ${mark} up to ${through}, not [${positions(expected)}]`,
      );
  }

  #pause(milliseconds: number, life: Life): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#scheduler.after(life, milliseconds, 'a reader takes its time', resolve);
    return promise;
  }
}

async function* intervalsOf(
  { mark, filter, byItem }: Follower,
  feed: EventFeed,
  signal: AbortSignal,
): AsyncGenerator<Interval> {
  if (!byItem) {
    let after = mark;
    for await (const { events, through } of feed.follow({ after, filter, signal })) {
      yield { after, events, through };
      after = through;
    }
    return;
  }
  const source = eventSource(feed, { after: mark, filter });
  signal.addEventListener('abort', () => source.close(), { once: true });
  for (let item = await source.next(); item !== undefined; item = await source.next())
    yield { after: item.after, events: item.event === undefined ? [] : [item.event], through: item.position };
}

const positions = (events: readonly StoredEvent[]): string => events.map(({ position }) => position).join();
