import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { AuctionOpened } from '#domain/auctions/auction/messages.ts';
import { terms } from '../../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// A feed lives no longer than the token it was opened with; its last answer says so on every transport.

const query = 'subscription { auctionFeed(auctionId: "a1") { position } }';
let readSide: ReadSide;
let end: string;
before(async () => {
  readSide = await givenReadSide();
  await readSide.append('auction-a1', AuctionOpened(terms));
  end = new Date(Date.parse(readSide.clock.now()) + 60_000).toISOString();
});
after(() => readSide.close());

test('over WebSocket', async () => {
  const authorization = `Bearer ann:bidder@${end}`;
  const client = createClient({
    ...{ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization },
  });
  const feed = client.iterate<{ auctionFeed: object }>({ query });
  assert.ok((await feed.next()).value?.data?.auctionFeed);
  const last = feed.next();
  readSide.clock.advanceTo(end);
  assert.equal((await last).value?.errors?.[0]?.extensions?.code, 'unauthenticated');
  assert.equal((await feed.next()).done, true);
  await client.dispose();
});

test('over SSE', async () => {
  const until = new Date(Date.parse(readSide.clock.now()) + 60_000).toISOString();
  const response = await fetch(readSide.url, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
      authorization: `Bearer ann:bidder@${until}`,
    },
    body: JSON.stringify({ query }),
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('auctionFeed')) readSide.clock.advanceTo(until);
  }
  assert.match(text, /event: next\ndata: .*"unauthenticated"[\s\S]*event: complete/);
});
