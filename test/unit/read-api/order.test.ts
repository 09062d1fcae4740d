import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuctionScheduled, LotSettled, LotSold } from '#domain/auctions/auction/messages.ts';
import { BidPlaced } from '#domain/auctions/participant/messages.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { NoticeRefused, TopUpInitiated } from '#domain/wallets/payment/messages.ts';
import { PlatformCredited } from '#domain/wallets/platform/messages.ts';
import { moved } from '#domain/wallets/posting.ts';
import { terms } from '../../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// What is newest stands last in the history. All of this happens in one millisecond, under ids that tell nothing.

const names = ['m', 'c', 'x', 'a', 'q', 'z', 'b', 'k', 'y', 'd', 'p', 'e'];
let readSide: ReadSide;
let at: string;
before(async () => {
  readSide = await givenReadSide();
  let last = 0n;
  for (const name of names) {
    await readSide.append(
      `auction-${name}`,
      // Scheduled first, and to open last of all.
      AuctionScheduled({ ...terms, auctionId: name, opensAt: name === 'm' ? terms.endsAt : terms.opensAt }),
    );
    await readSide.append(
      `payment-${name}`,
      TopUpInitiated({ paymentId: name, person: 'ann', currency: 'USD', amount: 1n }),
    );
    const bid = { auctionId: 'm', bidId: name, bidder: 'ann', currency: 'USD', maximum: 100n, hold: 100n };
    last = await readSide.append('participant-m:ann', BidPlaced(bid));
  }
  at = tokenOf(readSide.store.epoch, last);
});
after(() => readSide.close());

const newestFirst = names.toReversed();
const lists: Readonly<Record<string, string>> = {
  auctions: 'auctions(sort: newest, first: 50, atLeast: $at) { edges { node { is: auctionId } } }',
  myBids: 'myBids(first: 50, atLeast: $at) { edges { node { is: bidId } } }',
  payments: 'payments(first: 50, atLeast: $at) { edges { node { is: paymentId } } }',
};
for (const [name, list] of Object.entries(lists))
  test(`${name}: the newest is what stands last in the history`, async () => {
    const { data, errors } = await readSide.ask(`query ($at: Token) { list: ${list} }`, { at }, 'ann:bidder');
    assert.equal(errors, undefined);
    const edges = (data?.list as { edges: { node: { is: string } }[] } | undefined)?.edges ?? [];
    assert.deepEqual(
      edges.map(({ node }) => node.is),
      newestFirst,
    );
  });

test('the history of bids is told from the bid placed last', async () => {
  const query = `query ($at: Token) {
    auction(auctionId: "m", atLeast: $at) { bidHistory(first: 50) { edges { node { bidId } } } }
  }`;
  const { data } = await readSide.ask(query, { at }, 'ann:bidder');
  const edges =
    (data?.auction as { bidHistory: { edges: { node: { bidId: string } }[] } } | undefined)?.bidHistory
      .edges ?? [];
  assert.deepEqual(
    edges.map(({ node }) => node.bidId),
    newestFirst,
  );
});

test('a sum may be larger than any one amount', async () => {
  const most = 10n ** 18n - 1n;
  let last = 0n;
  for (const movement of ['m1', 'm2', 'm3']) {
    const credit = { account: 'fees', currency: 'USD', amount: most, movement, reason: 'fees' } as const;
    const postings = moved(`clearing:${movement}:USD`, 'platform:fees:USD', most);
    last = await readSide.append('platform-fees:USD', PlatformCredited({ ...credit, postings }));
  }
  const query = `query ($at: Token) {
    ledger(currency: "USD", atLeast: $at) { platform clearing total }
    platformAccount(owner: platform, account: "fees", currency: "USD", atLeast: $at) { balance }
  }`;
  const { data } = await readSide.ask(query, { at: tokenOf(readSide.store.epoch, last) }, 'ida:auditor');
  const sum = (3n * most).toString();
  assert.deepEqual(data, {
    ledger: { platform: sum, clearing: `-${sum}`, total: '0' },
    platformAccount: { balance: sum },
  });
});

test('the office lists settlements by how far they are, the newest first', async () => {
  const sold = (auctionId: string) =>
    LotSold({
      ...{ auctionId, lotId: 'l1', seller: 'sam', winner: 'ann', winningBidId: 'b1', currency: 'USD' },
      ...{ hammer: 100n, premium: 10n, commission: 5n, settlement: auctionId },
    });
  for (const name of ['x', 'a', 'q']) await readSide.append(`auction-${name}`, sold(name));
  const paid = { currency: 'USD', paid: 110n, proceeds: 95n, fees: 15n, paidTo: 'unclaimed' } as const;
  const last = await readSide.append('auction-a', LotSettled({ auctionId: 'a', ...paid }));
  const query = `query ($at: Token) {
    due: settlements(status: [due, stopped], atLeast: $at) { edges { node { auctionId } } }
    unclaimed: settlements(paidTo: unclaimed, atLeast: $at) { edges { node { auctionId } } }
  }`;
  const variables = { at: tokenOf(readSide.store.epoch, last) };
  const { data } = await readSide.ask(query, variables, 'clara:clerk');
  const of = (...ids: readonly string[]) => ({ edges: ids.map((auctionId) => ({ node: { auctionId } })) });
  assert.deepEqual(data, { due: of('q', 'x'), unclaimed: of('a') });
  const { errors } = await readSide.ask(query, variables, 'ann:bidder');
  assert.equal(errors?.[0]?.extensions.code, 'forbidden');
});

test('notices that moved nothing are listed with why, whether their payment is known or not', async () => {
  const notice = (noticeId: string, paymentId: string) =>
    NoticeRefused({
      ...{
        noticeId,
        paymentId,
        outcome: 'top_up_confirmed',
        amount: 5n,
        currency: 'USD',
        provider: 'simulated',
      },
      reason: { code: 'payment_unknown', message: 'No payment has this id.', details: { paymentId } },
    });
  let last = 0n;
  for (const [noticeId, payment] of [
    ['n3', 'nobody'],
    ['n1', 'm'],
    ['n2', 'nobody'],
  ] as const)
    last = await readSide.append(`payment-${payment}`, notice(noticeId, payment));
  const query = `query ($at: Token) {
    all: refusedNotices(atLeast: $at) { edges { node { noticeId code } } }
    nobody: refusedNotices(paymentId: "nobody", atLeast: $at) { edges { node { noticeId code } } }
  }`;
  const { data } = await readSide.ask(query, { at: tokenOf(readSide.store.epoch, last) }, 'ida:auditor');
  const of = (...ids: readonly string[]) => ({
    edges: ids.map((noticeId) => ({ node: { noticeId, code: 'payment_unknown' } })),
  });
  assert.deepEqual(data, { all: of('n2', 'n1', 'n3'), nobody: of('n2', 'n3') });
});
