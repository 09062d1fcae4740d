import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tokenOf } from '#domain/kernel/token.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// Every way to list, filter and sort is answered: a view must declare an index for each of them.

let readSide: ReadSide;
let upTo: string;
before(async () => {
  readSide = await givenReadSide();
  upTo = tokenOf(readSide.store.epoch, 0n);
});
after(() => readSide.close());

const nodes = '{ edges { cursor } }';
const then = '2026-03-01T12:00:00.000Z';
const filters =
  'text: "a clock", category: "clocks", phase: [open], saleId: "s", seller: "sam", currency: "USD", priceFrom: "1", priceTo: "9"';
const listings: readonly (() => string)[] = [
  ...['ending_first', 'ending_last', 'newest'].map((sort) => () => `auctions(sort: ${sort}) ${nodes}`),
  ...['ending_first', 'ending_last', 'cheapest', 'dearest', 'newest'].flatMap((sort) => [
    () => `auctions(sort: ${sort}, saleId: "s") ${nodes}`,
    () => `auctions(sort: ${sort}, currency: "USD") ${nodes}`,
    () => `auctions(sort: ${sort}, ${filters}, endsFrom: "${then}", endsTo: "${then}") ${nodes}`,
  ]),
  () => `myBids ${nodes}`,
  () => `myBids(auctionId: "a1", status: [leading, outbid]) ${nodes}`,
  () => `sales ${nodes}`,
  () => `sales(text: "spring", phase: published) ${nodes}`,
  () => `lots ${nodes}`,
  () => `lots(text: "clock", consignor: "sam") ${nodes}`,
  () => `wallets ${nodes}`,
  () => `holds(currency: "USD") ${nodes}`,
  () => `statement(currency: "USD") ${nodes}`,
  () => `statement(currency: "USD", upTo: "${upTo}") ${nodes}`,
  () => `statement(currency: "USD", upToTime: "${then}") ${nodes}`,
  () => `payments ${nodes}`,
  () => `refusedNotices ${nodes}`,
  () => `refusedNotices(paymentId: "p", code: "payment_over") ${nodes}`,
  () => `unclaimedMoney ${nodes}`,
  () => `unclaimedOfAll ${nodes}`,
  () => `debtsOfAll ${nodes}`,
  () => `payoutsUnderWay ${nodes}`,
  () => `waitingNotices ${nodes}`,
  () => `waitingNotices(status: handled) ${nodes}`,
  () => `settlements ${nodes}`,
  () => `settlements(status: [due, stopped], paidTo: unclaimed, seller: "sam", buyer: "ann") ${nodes}`,
  () => `platformAccounts ${nodes}`,
  () => `clearingOpen ${nodes}`,
  () => `clearingOpen(overdrawn: true) ${nodes}`,
];
for (const listing of listings)
  test(`${listing().replace(nodes, '').replaceAll('undefined', '…')}is answered`, async () => {
    const { data, errors } = await readSide.ask(`{ ${listing()} }`, {}, 'ida:auditor');
    assert.deepEqual(errors, undefined, JSON.stringify(errors));
    assert.deepEqual(Object.values(data ?? {}), [{ edges: [] }]);
  });

for (const asked of ['sort: cheapest', 'sort: dearest', 'priceFrom: "1"', 'priceTo: "9"'])
  test(`auctions(${asked}) names a currency or a sale: amounts of two currencies do not compare`, async () => {
    const { errors } = await readSide.ask(`{ auctions(${asked}) ${nodes} }`, {}, 'ida:auditor');
    const [error] = errors ?? [];
    assert.equal(error?.extensions?.code, 'invalid');
    assert.match(JSON.stringify(error), /prices compare within one currency/);
  });
