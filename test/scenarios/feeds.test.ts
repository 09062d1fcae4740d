import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { memoryStores } from '#compose/stores.ts';
import { AuctionScheduled, auctionStream, BidAccepted } from '#domain/auctions/auction/messages.ts';
import { auctions } from '#domain/auctions/context.ts';
import { later } from '#domain/kernel/instant.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { readToken, tokenOf } from '#domain/kernel/token.ts';
import { WalletOpened } from '#domain/wallets/wallet/messages.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { revocationsHere } from '#engines/tokens/revocations.ts';
import { auctionsView } from '#projections/auctions/auctions.ts';
import { type FeedServices, outgoing } from '#read-api/feeds/feed.ts';
import { feedGate } from '#read-api/feeds/gate.ts';
import { readLimits } from '#read-api/limits.ts';
import { liveView } from '#read-api/live/live-view.ts';
import { metadata } from '#test/support/given.ts';
import { terms } from '../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../support/read-side.ts';
import { seededIds } from '../support/seeded.ts';

const RUNS = Number(process.env.ANNALS_RUNS ?? 30);
const viewer = {
  actor: undefined,
  origin: { channel: 'websocket', address: '127.0.0.1' },
  expiresAt: undefined,
  token: {},
  steppedUp: false,
} as const;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function givenFeeds(feedsPerAddress = 100) {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const { store } = memoryStores({ clock });
  const newId = seededIds(clock, 1);
  const registry = registryOf([auctions]);
  const feed = eventFeed(store, { clock: systemClock() });
  const closing = new AbortController();
  const limits = { ...readLimits, streamPageEvents: 3 };
  const logger = { info() {}, warn() {}, error() {} };
  const live = liveView({
    view: auctionsView,
    stream: auctionStream,
    registry,
    store,
    feed,
    clock,
    logger,
    limits,
  });
  const readSide: FeedServices = {
    clock,
    businessClock: clock,
    revocations: revocationsHere(clock),
    store,
    limits,
    closing: closing.signal,
    feeds: feedGate({ feedsPerAddress, feedsPerPerson: feedsPerAddress }),
  };
  let count = 0;
  const bid = async (): Promise<void> => {
    count += 1;
    const event =
      count === 1
        ? AuctionScheduled(terms)
        : BidAccepted({
            ...{
              auctionId: 'a1',
              bidId: `b${count}`,
              bidder: 'ann',
              currency: 'USD',
              maximum: 1n,
              leader: 'ann',
            },
            ...{ price: BigInt(count), smallestBid: BigInt(count + 1), reserveMet: true },
          });
    const how = { ...metadata, occurredAt: clock.now(), actor: 'ann', commandId: `c${count}` };
    const [stream, data] = ['auction-a1', registry.encode(event)];
    await store.append(stream, 'any', [{ eventId: newId(), type: event.type, data, metadata: how }]);
    // Another auction whose name begins with the same letters must never be taken for this one.
    await store.append('auction-a10', 'any', [{ eventId: newId(), type: event.type, data, metadata: how }]);
  };
  const open = async (cursor?: string) => {
    const from = cursor === undefined ? undefined : readToken(store.epoch, cursor);
    const source = await live.follow('a1', { after: from, atLeast: undefined });
    return outgoing(readSide, viewer, from ?? 0n, source);
  };
  const close = async () => {
    closing.abort();
    await feed.close();
    await store.close();
  };
  return { clock, store, live, bid, open, closing, close, bids: () => count - 1 };
}

test('an auction’s intervals are contiguous whatever is bid, read and dropped in whatever order', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('bid', 'bid', 'read', 'drop', 'turn', 'bid and drop'), { maxLength: 40 }),
      fc.integer({ min: 1, max: 8 }),
      async (steps, already) => {
        const { store, live, bid, open, close, bids } = givenFeeds();
        for (let i = 0; i < already; i++) await bid();
        let feed = await open();
        let cursor = tokenOf(store.epoch, 0n);
        let seen = -1;
        const read = async (): Promise<void> => {
          const { value } = await feed.next();
          assert.equal(value.after, cursor);
          const { bids: now } = value.document as { bids: number };
          assert.ok(now > seen, `${now} after ${seen}`);
          cursor = value.position;
          seen = now;
        };
        const drop = async (): Promise<void> => {
          await feed.return?.();
          feed = await open(seen < 0 ? undefined : cursor);
        };
        const doing: Record<string, () => Promise<unknown>> = {
          bid,
          turn: nextTurn,
          drop,
          'bid and drop': () => Promise.all([bid(), drop()]),
          read: async () => (seen < bids() ? read() : undefined),
        };
        for (const step of steps) await doing[step]?.();
        while (seen < bids()) await read();
        await feed.return?.();
        assert.equal(live.size, 0, 'nobody follows, nothing is folded');
        await close();
      },
    ),
    { numRuns: RUNS },
  ));

test('states are joined for a slow reader, and one that does not come back is cut off with its cursor', async () => {
  const { clock, bid, open, live, close } = givenFeeds();
  await bid();
  const feed = await open();
  const first = await feed.next();
  await bid();
  await bid();
  await nextTurn();
  const joined = await feed.next();
  assert.equal(joined.value.after, first.value.position);
  assert.equal((joined.value.document as { bids: number }).bids, 2);
  clock.advanceTo(later(clock.now(), readLimits.feedStallMs + 1));
  assert.equal(live.size, 0, 'nothing is kept for it');
  await assert.rejects(feed.next(), (error: RejectedError) => {
    assert.equal(error.rejection.code, 'slow_consumer');
    assert.deepEqual(error.rejection.details, { cursor: joined.value.position });
    return true;
  });
  assert.equal((await feed.next()).done, true);
  await close();
});

test('a reader that waits for news is not slow', async () => {
  const { clock, bid, open, close } = givenFeeds();
  await bid();
  const feed = await open();
  await feed.next();
  const waiting = feed.next();
  clock.advanceTo(later(clock.now(), readLimits.feedStallMs * 3));
  await bid();
  assert.equal((await waiting).done, false);
  await close();
});

test('an address has only so many feeds, and gets its place back', async () => {
  const { bid, open, close } = givenFeeds(1);
  await bid();
  const feed = await open();
  await assert.rejects(open(), RejectedError);
  await feed.return?.();
  await (await open()).return?.();
  await close();
});

test('an auction nobody has scheduled is not found, and is not kept', async () => {
  const { open, live, close } = givenFeeds();
  await assert.rejects(open(), (error: RejectedError) => error.rejection.code === 'not_found');
  assert.equal(live.size, 0);
  await close();
});

let readSide: ReadSide;
before(async () => {
  readSide = await givenReadSide();
});
after(() => readSide.close());

interface WalletItem {
  readonly after: string;
  readonly position: string;
  readonly entry: { readonly person: string; readonly currency: string } | null;
}

test('a person’s entries come one by one, contiguous, nobody else’s among them, and the end says why', async () => {
  const open = (person: string, currency: string) =>
    readSide.append(`wallet-${person}:${currency}`, WalletOpened({ person, currency }));
  await open('ann', 'USD');
  await open('annabel', 'USD');
  await open('ann', 'EUR');
  const client = createClient({
    url: readSide.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: 'Bearer ann:bidder' },
  });
  const query =
    'subscription ($after: Token) { walletFeed(after: $after) { after position entry { person currency } } }';
  const items: WalletItem[] = [];
  const read = async (
    feed: ReturnType<typeof client.iterate<{ walletFeed: WalletItem }>>,
    entries: number,
  ) => {
    for (let left = entries; left > 0; ) {
      const item = (await feed.next()).value?.data?.walletFeed as WalletItem;
      items.push(item);
      if (item.entry !== null) left -= 1;
    }
  };
  const first = client.iterate<{ walletFeed: WalletItem }>({ query });
  await read(first, 1);
  await first.return?.();
  const second = client.iterate<{ walletFeed: WalletItem }>({
    query,
    variables: { after: items.at(-1)?.position },
  });
  await read(second, 1);
  await open('bob', 'USD');
  await open('ann', 'GBP');
  await read(second, 1);
  const entries = items.flatMap(({ entry }) => entry ?? []);
  assert.deepEqual(
    entries.map(({ person, currency }) => `${person}:${currency}`),
    ['ann:USD', 'ann:EUR', 'ann:GBP'],
  );
  let cursor = tokenOf(readSide.store.epoch, 0n);
  for (const item of items) {
    assert.equal(item.after, cursor);
    cursor = item.position;
  }
  const end = second.next();
  await readSide.closeServer('maintenance');
  assert.equal((await end).value?.errors?.[0]?.extensions?.code, 'unavailable');
  await client.dispose();
});
