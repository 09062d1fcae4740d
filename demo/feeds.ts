import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import { z } from 'zod';

// Subscribers who follow every auction live. Each checks what the platform promises: no gap, no duplicate.

/** The platform takes 50 operations on a socket. */
const FEEDS_PER_SOCKET = 40;
/** Before a feed that was lost is asked for again, in milliseconds. */
const COME_BACK_MS = 200;
const COME_BACK_CODES: readonly unknown[] = [
  'slow_consumer',
  'unavailable',
  'overloaded',
  'rate_limited',
  'behind',
];
/** How long all feeds together may take to come to a state, in milliseconds. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 20;

const Item = z.object({
  auctionFeed: z.object({
    after: z.string(),
    position: z.string(),
    auction: z.object({ phase: z.string(), bids: z.int(), settled: z.boolean() }),
  }),
});
const FOLLOW = `subscription ($auctionId: ID!, $after: Token) {
  auctionFeed(auctionId: $auctionId, after: $after) { after position auction { phase bids settled } }
}`;

/** What a subscriber has been told of one auction. */
export interface Followed {
  readonly auctionId: string;
  /** At place n, when the first item with n accepted bids or more came, on the monotonic clock in milliseconds. */
  readonly arrivals: readonly number[];
  readonly last: { readonly phase: string; readonly bids: number; readonly settled: boolean } | undefined;
}

interface Following extends Followed {
  readonly arrivals: number[];
  last: Followed['last'];
  cursor: string | undefined;
}

export interface Feeds {
  readonly of: ReadonlyMap<string, Followed>;
  /** Intervals that did not begin where the one before them ended. */
  readonly breaks: readonly string[];
  /** Resolves when every feed has told of its auction. */
  ready(): Promise<void>;
  /** Resolves when every feed has told that its auction is over and settled; says on the way how many have. */
  over(reached: (feeds: number) => void): Promise<void>;
  close(): Promise<void>;
}

const isOver = ({ last }: Followed): boolean =>
  last !== undefined && (last.settled || last.phase === 'passed' || last.phase === 'cancelled');

/** Takes one item in. @throws z.ZodError, where it is not what a platform of this version tells */
function take(following: Following, data: unknown, breaks: string[]): void {
  const { after, position, auction } = Item.parse(data).auctionFeed;
  if (following.cursor !== undefined && after !== following.cursor)
    breaks.push(`${following.auctionId}: (${after}, ${position}] follows ${following.cursor}`);
  following.cursor = position;
  following.last = auction;
  const now = performance.now();
  for (let bids = following.arrivals.length; bids <= auction.bids; bids++) following.arrivals.push(now);
}

async function followOnce(client: Client, following: Following, breaks: string[]): Promise<void> {
  const variables = { auctionId: following.auctionId, after: following.cursor };
  for await (const { data, errors } of client.iterate({ query: FOLLOW, variables })) {
    if (errors?.some(({ extensions }) => !COME_BACK_CODES.includes(extensions?.code)))
      throw new AggregateError(errors, `the feed of ${following.auctionId} was refused`);
    if (data) take(following, data, breaks);
  }
}

/** Follows auctions over as few sockets as the platform allows; lost ones are taken up again from their last cursor. */
export function followAuctions(url: string, auctionIds: readonly string[]): Feeds {
  const breaks: string[] = [];
  const closing = new AbortController();
  let failure: unknown;
  const socketUrl = new URL('/graphql', url);
  socketUrl.protocol = socketUrl.protocol.replace('http', 'ws');

  async function follow(client: Client, following: Following): Promise<void> {
    while (!closing.signal.aborted && failure === undefined && !isOver(following)) {
      try {
        await followOnce(client, following, breaks);
      } catch (error) {
        // What the platform says no to stays a no; a socket that was lost is opened again.
        if (error instanceof AggregateError || error instanceof z.ZodError) failure = error;
      }
      if (!closing.signal.aborted)
        await pause(COME_BACK_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  const followed = auctionIds.map(
    (auctionId): Following => ({ auctionId, arrivals: [], last: undefined, cursor: undefined }),
  );
  const clients: Client[] = [];
  const running: Promise<void>[] = [];
  for (let from = 0; from < followed.length; from += FEEDS_PER_SOCKET) {
    const client = createClient({ url: socketUrl.href, retryAttempts: 0 });
    clients.push(client);
    for (const each of followed.slice(from, from + FEEDS_PER_SOCKET)) running.push(follow(client, each));
  }

  async function until(
    state: (following: Followed) => boolean,
    what: string,
    reached: (feeds: number) => void = () => {},
  ): Promise<void> {
    for (let waitedMs = 0; !closing.signal.aborted; waitedMs += LOOK_EVERY_MS) {
      if (failure !== undefined) throw failure;
      const missing = followed.filter((each) => !state(each));
      reached(followed.length - missing.length);
      if (missing.length === 0) return;
      if (waitedMs > WAIT_MS)
        throw new Error(`${missing.length} feeds, of ${missing[0]?.auctionId} first, ${what}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  return {
    of: new Map(followed.map((each) => [each.auctionId, each])),
    breaks,
    ready: () => until(({ last }) => last !== undefined, 'tell nothing'),
    over: (reached) => until(isOver, 'do not come to an end', reached),
    async close() {
      closing.abort();
      await Promise.all(clients.map((client) => client.dispose()));
      await Promise.all(running);
    },
  };
}
