import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { AuctionOpened, BidAccepted } from '#domain/auctions/auction/messages.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { terms } from '../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../support/read-side.ts';
import { seededRandom } from '../support/seeded.ts';

let house: ReadSide;
before(async () => {
  house = await givenReadSide();
});
after(() => house.close());

const FOLLOW = `subscription ($auctionId: ID!, $after: Token) {
  auctionFeed(auctionId: $auctionId, after: $after) { after position auction { bids } }
}`;
interface Item {
  readonly after: string;
  readonly position: string;
  readonly auction: { readonly bids: number };
}

// The README's lines: subscribe again from the last cursor. A client that came back by itself would send its first
// variables again, so that it is told not to.
const COME_BACK: unknown[] = ['slow_consumer', 'unavailable', 'overloaded', 'behind'];
const PAUSE_MS = 20;
async function* follow(client: Client, auctionId: string, after?: string): AsyncGenerator<Item> {
  for (let cursor = after; ; ) {
    try {
      const variables = { auctionId, after: cursor };
      for await (const { data, errors } of client.iterate<{ auctionFeed: Item }>({
        query: FOLLOW,
        variables,
      })) {
        const passing = errors?.every(({ extensions }) => COME_BACK.includes(extensions?.code));
        if (errors && !passing) throw new AggregateError(errors);
        if (!data) continue;
        cursor = data.auctionFeed.position;
        yield data.auctionFeed;
      }
    } catch (error) {
      // What the server has said no to stays a no; a socket that was lost is opened again.
      if (error instanceof AggregateError) throw error;
    }
    await new Promise((again) => setTimeout(again, PAUSE_MS));
  }
}

const SUBSCRIPTION = gql(FOLLOW);
/** The same with Apollo's client. */
function followWithApollo(client: ApolloClient, auctionId: string, onItem: (item: Item) => void): () => void {
  let cursor: string | undefined;
  let stopped = false;
  let stop = () => {};
  const subscribe = (): void => {
    const again = () => void (stopped || queueMicrotask(subscribe));
    const running = client
      .subscribe<{ auctionFeed: Item }>({ query: SUBSCRIPTION, variables: { auctionId, after: cursor } })
      .subscribe({
        next({ data }) {
          if (!data) return;
          cursor = data.auctionFeed.position;
          onItem(data.auctionFeed);
        },
        error: again,
        complete: again,
      });
    stop = () => running.unsubscribe();
  };
  subscribe();
  return () => {
    stopped = true;
    stop();
  };
}

const BIDS = 40;

/** Bids on an auction of its own, and drops every socket in between at places the seed chooses. */
async function bidAndDrop(auctionId: string, drop: () => void, seen: () => number): Promise<string> {
  const random = seededRandom(7);
  let last = 0n;
  for (let bid = 1; bid <= BIDS; bid++) {
    last = await house.append(
      `auction-${auctionId}`,
      BidAccepted({
        ...{ auctionId, bidId: `b${bid}`, bidder: 'ann', currency: 'USD', maximum: 9_000_00n, leader: 'ann' },
        ...{ price: BigInt(bid), smallestBid: BigInt(bid + 1), reserveMet: true },
      }),
    );
    if (random() < 0.2) drop();
    // Now and then the follower is let come up, so that the drops meet it in every state.
    const before = seen();
    if (random() < 0.3)
      while (seen() === before && random() < 0.9) await new Promise((next) => setTimeout(next, 5));
  }
  return tokenOf(house.store.epoch, last);
}

function assertContiguous(items: readonly Item[], last: string): void {
  let cursor = tokenOf(house.store.epoch, 0n);
  let bids = -1;
  for (const item of items) {
    assert.equal(item.after, cursor, 'an interval begins where the one before it ended');
    assert.ok(item.auction.bids > bids, 'no state comes twice');
    cursor = item.position;
    bids = item.auction.bids;
  }
  assert.equal(cursor, last);
  assert.equal(bids, BIDS);
}

test('the graphql-ws client follows an auction over lost sockets without gap or duplicate', async () => {
  await house.append('auction-w1', AuctionOpened({ ...terms, auctionId: 'w1' }));
  let socket: { terminate(): void } | undefined;
  let opened = 0;
  const client = createClient({
    url: house.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: {
      connected(it) {
        socket = it as WebSocket;
        opened += 1;
      },
    },
  });
  const items: Item[] = [];
  const feed = follow(client, 'w1');
  const reading = (async () => {
    for await (const item of feed) {
      items.push(item);
      if (item.auction.bids === BIDS) return;
    }
  })();
  const last = await bidAndDrop(
    'w1',
    () => socket?.terminate(),
    () => items.length,
  );
  await reading;
  assertContiguous(items, last);
  assert.ok(opened > 1, 'it was dropped at least once');
  await client.dispose();
});

test('the Apollo client does too', async () => {
  await house.append('auction-w2', AuctionOpened({ ...terms, auctionId: 'w2' }));
  let socket: { terminate(): void } | undefined;
  let opened = 0;
  const link = createClient({
    url: house.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: {
      connected(it) {
        socket = it as WebSocket;
        opened += 1;
      },
    },
  });
  const client = new ApolloClient({ link: new GraphQLWsLink(link), cache: new InMemoryCache() });
  const items: Item[] = [];
  const all = Promise.withResolvers<void>();
  const stop = followWithApollo(client, 'w2', (item) => {
    items.push(item);
    if (item.auction.bids === BIDS) all.resolve();
  });
  const last = await bidAndDrop(
    'w2',
    () => socket?.terminate(),
    () => items.length,
  );
  await all.promise;
  stop();
  assertContiguous(items, last);
  assert.ok(opened > 1, 'it was dropped at least once');
  client.stop();
  await link.dispose();
});
