import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import { z } from 'zod';
import type { Follows, Told } from '#test/judge/log.ts';
import type { AcknowledgementLog } from '#test/support/acknowledgement-log.ts';
import type { Counter } from '#test/support/counter.ts';

// Followers of feeds whose platform dies: they come back with the cursor of the last item they saw, and write down each.

/** Before a feed that was lost is asked for again, in milliseconds. */
const COME_BACK_MS = 40;
/** How long a feed may take to begin, in milliseconds. */
const ANSWER_MS = 10_000;

const Answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.looseObject({ code: z.string() }).optional() }))
    .optional(),
});
const PASSING: readonly unknown[] = ['slow_consumer', 'unavailable', 'overloaded', 'behind'];

/** What is followed, and how its items are written down. */
interface Feed {
  readonly name: string;
  readonly of: Follows['of'];
  readonly streams: readonly string[];
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Parses an item. */
  readonly item: (data: unknown) => Omit<Told, 'kind' | 'feed'>;
}

const interval = { after: z.string(), position: z.string() };
const EventItem = z.object({
  events: z.object({ ...interval, event: z.object({ eventId: z.string() }).nullable() }),
});
const WalletItem = z.object({
  walletFeed: z.object({ ...interval, entry: z.object({ eventId: z.string() }).nullable() }),
});
const AuctionItem = z.object({
  auctionFeed: z.object({ ...interval, auction: z.object({ bids: z.int() }) }),
});

/** Every event of some streams, or of all, as an investigator reads them. */
export const eventsFeed = (streams?: readonly string[]): Feed => ({
  ...{ name: `events ${streams?.join(' ') ?? 'of all'}`, of: 'events', streams: streams ?? [''] },
  query: `subscription ($streams: [String!], $after: Token) {
    events(streams: $streams, after: $after) { after position event { eventId } }
  }`,
  variables: streams === undefined ? {} : { streams },
  item(data) {
    const { after, position, event } = EventItem.parse(data).events;
    return { after, position, eventId: event?.eventId };
  },
});
/** What happens in somebody's own wallets. */
export const walletFeed = (person: string): Feed => ({
  ...{ name: `wallets of ${person}`, of: 'events', streams: [`wallet-${person}:`], variables: {} },
  query: 'subscription ($after: Token) { walletFeed(after: $after) { after position entry { eventId } } }',
  item(data) {
    const { after, position, entry } = WalletItem.parse(data).walletFeed;
    return { after, position, eventId: entry?.eventId };
  },
});
/** The states of an auction. */
export const auctionFeed = (auctionId: string): Feed => ({
  ...{
    name: `auction ${auctionId}`,
    of: 'states',
    streams: [`auction-${auctionId}`],
    variables: { auctionId },
  },
  query: `subscription ($auctionId: ID!, $after: Token) {
    auctionFeed(auctionId: $auctionId, after: $after) { after position auction { bids } }
  }`,
  item(data) {
    const { after, position, auction } = AuctionItem.parse(data).auctionFeed;
    return { after, position, bids: auction.bids };
  },
});

/** One way to listen: yields each answer until the connection is lost. */
type Listen = (query: string, variables: object, signal: AbortSignal) => AsyncIterable<unknown>;

/** Over one WebSocket for all of somebody's feeds. */
export function overSocket(url: string, authorization: string): { listen: Listen; close(): void } {
  const client: Client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    retryAttempts: 0,
    connectionParams: { authorization },
  });
  return {
    async *listen(query, variables, signal) {
      const answers = client.iterate({ query, variables: { ...variables } });
      signal.addEventListener('abort', () => void answers.return?.());
      yield* answers;
    },
    close: () => void client.dispose(),
  };
}

/** By server-sent events, a request for each. */
const overEvents = (url: string, authorization: string): Listen =>
  async function* listen(query, variables, signal) {
    // Whoever is asked while it dies may never answer, and nothing says so: a client has to lose patience by itself.
    const patience = new AbortController();
    const lost = setTimeout(() => patience.abort(), ANSWER_MS);
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.any([signal, patience.signal]),
    }).finally(() => clearTimeout(lost));
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, data] = /^data: (.+)$/m.exec(block) ?? [];
        if (data !== undefined) yield JSON.parse(data);
      }
    }
  };

/**
 * Follows a feed over lost connections until the signal, and writes down each item.
 * @throws Error naming a no that does not pass
 */
export async function follow(
  feed: Feed,
  listen: Listen,
  log: AcknowledgementLog,
  signal: AbortSignal,
): Promise<void> {
  const { name, of, streams, query, variables, item } = feed;
  log.write({ kind: 'follows', feed: name, of, streams });
  let cursor: string | undefined;
  async function once(): Promise<void> {
    for await (const answer of listen(query, { ...variables, after: cursor }, signal)) {
      const { data, errors } = Answer.parse(answer);
      if (errors?.some(({ extensions }) => !PASSING.includes(extensions?.code)))
        throw new AggregateError(errors, `the feed ${name} was refused: ${JSON.stringify(errors)}`);
      if (!data) continue;
      const told = item(data);
      log.write({ kind: 'told', feed: name, ...told });
      cursor = told.position;
    }
  }
  while (!signal.aborted) {
    try {
      await once();
    } catch (error) {
      // A no stays a no; a connection that was lost is opened again.
      if (error instanceof AggregateError || error instanceof z.ZodError) throw error;
    }
    if (!signal.aborted) await pause(COME_BACK_MS);
  }
}

export interface Followers {
  /** What was refused for good, one text each. */
  readonly failures: readonly string[];
  /** One more feed, of an auction. */
  follow(auctionId: string): void;
  /** Resolves when none follows any more. The signal ends them. */
  end(): Promise<void>;
}

/** Feeds of every kind, over sockets and over requests, all of which are opened again wherever the platform's address leads. */
export async function startFollowers(
  counter: Counter,
  log: AcknowledgementLog,
  over: AbortSignal,
): Promise<Followers> {
  const { url } = counter;
  const { authorization } = await counter.signIn('ivy', 'investigator');
  const socket = overSocket(url, authorization);
  const own = overSocket(url, (await counter.signIn('bidder-0', 'bidder')).authorization);
  // A socket takes so many operations and no more; there may be any number of auctions.
  const requests = overEvents(url, authorization);
  const failures: string[] = [];
  const following: Promise<void>[] = [];
  const start = (feed: Feed, listen: Listen): void => {
    const done = follow(feed, listen, log, over);
    following.push(done.catch((error: unknown) => void failures.push(String(error))));
  };
  start(eventsFeed(), socket.listen);
  start(eventsFeed(['wallet-', 'payment-']), socket.listen);
  start(walletFeed('bidder-0'), own.listen);
  return {
    failures,
    follow: (auctionId: string) => start(auctionFeed(auctionId), requests),
    async end() {
      for (const each of [socket, own]) each.close();
      await Promise.all(following);
    },
  };
}
