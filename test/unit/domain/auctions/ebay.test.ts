import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { bidding } from '#test/support/auctions.ts';

// 479 real auctions with every bid, and what eBay charged. How many bids stand, who wins and what is paid was worked out
// independently of this code.

const dollars = z
  .string()
  .regex(/^\d+(\.\d{1,2})?$/)
  .transform((text) => {
    const [whole = '0', cents = ''] = text.split('.');
    return BigInt(whole) * 100n + BigInt(cents.padEnd(2, '0'));
  });
const Row = z.object({
  auction_id: z.string(),
  bidder: z.string(),
  max_bid: dollars,
  day: z.coerce.number(),
  opening_bid: dollars,
  final_price: dollars,
});
type Row = z.output<typeof Row>;

const file = new URL('../../../../samples/ebay-auctions.csv', import.meta.url);
const rows = z.array(Row).parse(parse(readFileSync(file, 'utf8'), { columns: true }));
const auctions = Object.entries(Object.groupBy(rows, (row) => row.auction_id)).map(
  ([id, bids = []]): [string, readonly Row[]] => [id, bids.toSorted((a, b) => a.day - b.day)],
);

/** Replays an auction through the decider; prices in cents. */
function replay([auctionId, bids]: [string, readonly Row[]], reserve?: bigint) {
  const [first] = bids;
  if (first === undefined) throw new Error(`${auctionId} has no bids`);
  const auction = bidding({
    auctionId,
    openingBid: first.opening_bid,
    ...(reserve === undefined ? {} : { reserve }),
  });
  const answers = bids.map((row, index) => auction.bid(row.bidder, row.max_bid, `${index}`));
  const end = auction.close();
  const sold = end?.type === 'LotSold' ? end.data : undefined;
  const top = bids.reduce((best, row) => (row.max_bid > best.max_bid ? row : best));
  return {
    accepted: answers.filter((answer) => answer?.type === 'BidAccepted').length,
    refused: answers.filter((answer) => answer?.type === 'BidRefused').length,
    priceEqual: sold?.hammer === first.final_price,
    winnerEqual: sold?.winner === top.bidder,
    finalPrice: first.final_price,
  };
}
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

test('the deciders judge 7,870 real bids as eBay did', () => {
  const plain = auctions.map((each) => replay(each));
  assert.deepEqual(
    {
      auctions: plain.length,
      accepted: sum(plain.map(({ accepted }) => accepted)),
      rejected: sum(plain.map(({ refused }) => refused)),
      winners: plain.filter(({ winnerEqual }) => winnerEqual).length,
      prices: plain.filter(({ priceEqual }) => priceEqual).length,
    },
    { auctions: 479, accepted: 7_840, rejected: 30, winners: 479, prices: 445 },
  );
});

test('a reserve equal to the final price explains all differing prices but two', () => {
  const equal = auctions.filter((each) => {
    const plain = replay(each);
    return plain.priceEqual || replay(each, plain.finalPrice).priceEqual;
  });
  assert.equal(equal.length, 477);
});
