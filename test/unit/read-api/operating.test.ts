import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuctionOpened, BidAccepted } from '#domain/auctions/auction/messages.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { terms } from '../../support/auctions.ts';
import { givenReadSide } from '../../support/read-side.ts';

const STANDING = '{ views { view position parkedKeys parked { key error since waiting } } }';
const bid = (auctionId: string) =>
  BidAccepted({
    ...{ auctionId, bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 500n, leader: 'ann' },
    ...{ price: 100n, smallestBid: 105n, reserveMet: true },
  });

interface Standing {
  readonly view: string;
  readonly position: string;
  readonly parkedKeys: number;
  readonly parked: readonly { key: string; error: string; since: string; waiting: number }[];
}

test('whoever runs the platform sees where each view stands and what is parked, and why', async (t) => {
  const readSide = await givenReadSide();
  t.after(() => readSide.close());
  await readSide.append('auction-a1', AuctionOpened(terms), bid('a1'));
  // Two bids in an auction that the history does not know: a history like this is what a broken writer leaves.
  const position = await readSide.append('auction-ghost', bid('ghost'), bid('ghost'));
  const atLeast = tokenOf(readSide.store.epoch, position);
  const seen = await readSide.ask(
    'query ($t: Token) { auction(auctionId: "a1", atLeast: $t) { auctionId phase } }',
    { t: atLeast },
    'olga:admin',
  );
  assert.deepEqual(seen.data, { auction: { auctionId: 'a1', phase: 'open' } });
  const { data } = await readSide.ask(STANDING, {}, 'olga:admin');
  const auctions = ((data?.views ?? []) as Standing[]).find(({ view }) => view === 'auctions');
  assert.equal(auctions?.position, atLeast);
  assert.equal(auctions?.parkedKeys, 1);
  const [parked] = auctions?.parked ?? [];
  assert.deepEqual([parked?.key, parked?.waiting], ['ghost', 2]);
  assert.match(parked?.error ?? '', /ghost/);
  assert.match(parked?.since ?? '', /^\d{4}-/);
  // Whoever asks for what waits is told so, and not what it was before.
  const ghost = await readSide.ask('{ auction(auctionId: "ghost") { id } }');
  assert.equal(ghost.errors?.[0]?.extensions.code, 'parked');
});

test('a list that may miss something parked says so beside what it has, and one that cannot does not', async (t) => {
  const readSide = await givenReadSide();
  t.after(() => readSide.close());
  await readSide.append('auction-a1', AuctionOpened(terms));
  const position = await readSide.append('auction-ghost', bid('ghost'));
  const asked = (question: string) =>
    readSide.ask(
      `query ($t: Token) { ${question} }`,
      { t: tokenOf(readSide.store.epoch, position) },
      'ann:bidder',
    );
  // The ghost was parked before anything of it was ever written: no page can hold it.
  const { data, errors } = await asked(
    'all: auctions(atLeast: $t) { edges { node { auctionId bidHistory(atLeast: $t) { edges { cursor } } } } } sales(atLeast: $t) { edges { cursor } }',
  );
  assert.deepEqual(data, {
    all: { edges: [{ node: { auctionId: 'a1', bidHistory: { edges: [] } } }] },
    sales: { edges: [] },
  });
  assert.deepEqual(
    errors?.map(({ path, extensions }) => ({ path, ...extensions })),
    [{ path: ['all'], code: 'parked', details: { view: 'auctions' } }],
  );
  const mine = await asked(
    'myBids(atLeast: $t) { edges { cursor } } bid(bidId: "b1", atLeast: $t) { bidId }',
  );
  assert.deepEqual(mine.data, { myBids: { edges: [] }, bid: null });
  assert.deepEqual(
    mine.errors?.map(({ path, extensions }) => [path?.[0], extensions.code]),
    [
      ['bid', 'parked'],
      ['myBids', 'parked'],
    ],
  );
});

test('and nobody else does', async (t) => {
  const readSide = await givenReadSide();
  t.after(() => readSide.close());
  const codes = async (token?: string) =>
    (await readSide.ask(STANDING, {}, token)).errors?.map(({ extensions }) => extensions.code);
  assert.deepEqual(await codes(), ['unauthenticated']);
  assert.deepEqual(await codes('ann:bidder'), ['forbidden']);
  assert.equal(await codes('ada:auditor'), undefined);
});
