import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApolloClient, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { AuctionOpened, BidAccepted } from '#domain/auctions/auction/messages.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { terms } from '../support/auctions.ts';
import * as apollo from '../support/clients/apollo.ts';
import * as graphqlWs from '../support/clients/graphql-ws.ts';
import { givenReadSide, type ReadSide } from '../support/read-side.ts';
import { seededRandom } from '../support/seeded.ts';

let readSide: ReadSide;
before(async () => {
  readSide = await givenReadSide();
});
after(() => readSide.close());

/** Between two tries of a client, in milliseconds: the tests drop sockets often. */
const PAUSE_MS = 20;
const BIDS = 40;

/** Bids on an auction of its own, and drops every socket in between at places the seed chooses. */
async function bidAndDrop(auctionId: string, drop: () => void, seen: () => number): Promise<string> {
  const random = seededRandom(7);
  let last = 0n;
  for (let bid = 1; bid <= BIDS; bid++) {
    last = await readSide.append(
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
  return tokenOf(readSide.store.epoch, last);
}

function assertContiguous(items: readonly graphqlWs.Item[], last: string): void {
  let cursor = tokenOf(readSide.store.epoch, 0n);
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
  await readSide.append('auction-w1', AuctionOpened({ ...terms, auctionId: 'w1' }));
  let socket: { terminate(): void } | undefined;
  let opened = 0;
  const client = createClient({
    url: readSide.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: {
      connected(it) {
        socket = it as WebSocket;
        opened += 1;
      },
    },
  });
  const items: graphqlWs.Item[] = [];
  const feed = graphqlWs.follow(client, 'w1', new AbortController().signal, PAUSE_MS);
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
  await readSide.append('auction-w2', AuctionOpened({ ...terms, auctionId: 'w2' }));
  let socket: { terminate(): void } | undefined;
  let opened = 0;
  const link = createClient({
    url: readSide.socketUrl,
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
  const items: graphqlWs.Item[] = [];
  const stop = new AbortController();
  const onItem = (item: apollo.Item): void => {
    items.push(item);
    if (item.auction.bids === BIDS) stop.abort();
  };
  const following = apollo.follow(client, 'w2', onItem, stop.signal, PAUSE_MS);
  const last = await bidAndDrop(
    'w2',
    () => socket?.terminate(),
    () => items.length,
  );
  await following;
  assertContiguous(items, last);
  assert.ok(opened > 1, 'it was dropped at least once');
  client.stop();
  await link.dispose();
});

test('the graphql-ws client says who it is by its connectionParams, anew on each socket', async () => {
  const tokens = ['ann:bidder', 'ida:auditor'];
  const client = graphqlWs.connect(
    readSide.socketUrl,
    () => tokens.shift() ?? assert.fail('asked too often'),
  );
  const asked = async () =>
    (await client.iterate({ query: '{ wallets { edges { cursor } } views { view } }' }).next()).value;
  // A lazy client opens a socket for what it asks, and closes it after.
  const bidder = await asked();
  assert.deepEqual([bidder?.data?.wallets, bidder?.data?.views], [{ edges: [] }, null]);
  const auditor = await asked();
  assert.deepEqual([auditor?.data?.wallets, auditor?.errors], [{ edges: [] }, undefined]);
  await client.dispose();
});

const finals: Record<string, (auctionId: string) => Promise<unknown>> = {
  async 'graphql-ws'(auctionId) {
    const client = createClient({ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    return graphqlWs
      .follow(client, auctionId, new AbortController().signal, PAUSE_MS)
      .next()
      .finally(() => client.dispose());
  },
  async Apollo(auctionId) {
    const link = createClient({ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    const client = new ApolloClient({ link: new GraphQLWsLink(link), cache: new InMemoryCache() });
    const { signal } = new AbortController();
    return apollo
      .follow(client, auctionId, () => {}, signal, PAUSE_MS)
      .finally(() => {
        client.stop();
        return link.dispose();
      });
  },
};
for (const [name, followOnce] of Object.entries(finals))
  test(`the ${name} client takes a no for an answer`, async () => {
    await assert.rejects(followOnce('nowhere'), (error: AggregateError) => {
      const [no] = error.errors as { extensions?: { code?: string } }[];
      return no?.extensions?.code === 'not_found';
    });
  });
