import { auction } from '#domain/auctions/auction/decider.ts';
import type { AuctionEvent, AuctionState, AuctionTerms } from '#domain/auctions/auction/state.ts';
import { ladderOf } from '#domain/auctions/ladder.ts';
import { lot } from '#domain/auctions/lot/decider.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import type { Facts } from '#domain/kernel/decider.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { debtor } from '#domain/wallets/debtor/decider.ts';
import { NOW, stateOf, system } from './given.ts';

// Builders for tests of the auctions context: terms, and bids decided without a pipeline.

/** The lot and the sale of an auction in which nobody has a hand but those whom the auction knows; and nobody owes. */
export const untouched = { lot: lot.initial, sale: sale.initial, debtor: debtor.initial };

const ebayUs = ladderOf('USD', 1);
if (ebayUs === undefined) throw new Error('the eBay ladder is missing');

/** An auction in dollars on the eBay ladder, without fees or reserve, opening at 1.00. */
export const terms: AuctionTerms = {
  auctionId: 'a1',
  saleId: 's1',
  lotId: 'l1',
  seller: 'sam',
  title: 'Wristwatch',
  description: 'Steel, 1960s.',
  categories: ['watches'],
  pictures: ['https://pictures.example/1.jpg'],
  currency: 'USD',
  estimateLow: 100_00n,
  estimateHigh: 200_00n,
  openingBid: 1_00n,
  ladder: ebayUs,
  premium: [{ rateBasisPoints: 0 }],
  commission: [{ rateBasisPoints: 0 }],
  opensAt: '2026-03-01T13:00:00.000Z',
  endsAt: '2026-03-08T13:00:00.000Z',
};

/** Bids on an open auction as if each had been placed and funded at once. */
export function bidding(over: Partial<AuctionTerms> = {}) {
  const frozen = { ...terms, ...over };
  let state: AuctionState = stateOf(auction, []);
  let position = 0n;
  const events: AuctionEvent[] = [];
  const take = (decided: readonly AuctionEvent[]): readonly AuctionEvent[] => {
    for (const event of decided) {
      position += 10n;
      state = auction.evolve(state, event, { position, occurredAt: NOW, actor: 'sam' });
      events.push(event);
    }
    return decided;
  };
  const facts: Facts = { now: frozen.opensAt, actor: system, id: 'id1', precondition: undefined };
  const atEnd: Facts = { ...facts, now: frozen.endsAt };
  const decided = (decision: readonly AuctionEvent[] | Rejection): readonly AuctionEvent[] => {
    if ('rejected' in decision) throw new Error(decision.code);
    return take(decision);
  };
  decided(auction.decide.RegisterAuction(frozen, state, facts));
  const { auctionId } = frozen;
  decided(auction.decide.OpenAuction({ auctionId }, state, facts));
  return {
    state: () => state,
    events,
    bid(bidder: string, maximum: bigint, bidId: string): AuctionEvent | undefined {
      const placedAt = (position + 1n).toString();
      const data = { auctionId, bidId, bidder, maximum, placedAt, moment: frozen.opensAt };
      return decided(auction.decide.AcceptBid(data, state, facts))[0];
    },
    close(): AuctionEvent | undefined {
      decided(auction.decide.CloseLot({ auctionId }, state, atEnd));
      return decided(auction.decide.DropHammer({ auctionId }, state, atEnd))[0];
    },
  };
}
