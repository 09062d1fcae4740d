import { LotConsigned, LotOffered } from '#domain/auctions/lot/messages.ts';
import { AuctionEntered, SaleClosed, SalePublished, SaleScheduled } from '#domain/auctions/sale/messages.ts';
import { money } from '#domain/kernel/money.ts';
import { terms } from './auctions.ts';
import { NOW } from './given.ts';

// A sale and a lot of Sam's in it, as their streams begin.

const { ladder, premium, commission, opensAt, endsAt } = terms;
export const saleId = { saleId: 's1' };
export const saleScheduled = SaleScheduled({
  ...{ ...saleId, title: 'Watches', description: '', currency: 'USD', premium, commission, ladder },
});

export const published = SalePublished(saleId);
export const closed = SaleClosed(saleId);
export const place = { ...saleId, auctionId: 'a1', lotId: 'l1' };
export const entered = AuctionEntered(place);

export const usd = (amount: bigint) => money(amount, 'USD');
export const lotId = { lotId: 'l1' };
const words = {
  title: 'Wristwatch',
  description: 'Steel, 1960s.',
  categories: ['watches'],
  pictures: ['https://pictures.example/1.jpg'],
};
export const described = {
  ...{ ...lotId, ...words, estimateLow: usd(100_00n), estimateHigh: usd(200_00n), openingBid: usd(1_00n) },
};
export const kept = {
  ...{ ...lotId, ...words, currency: 'USD' },
  ...{ estimateLow: 100_00n, estimateHigh: 200_00n, openingBid: 1_00n },
};
export const consigned = LotConsigned({ ...kept, consignor: 'sam' });

/** What the sale lends to whoever schedules an auction in it. */
export const lent = { terms: { currency: 'USD', ladder, premium, commission }, hasArranged: false };
export const offer = { ...lotId, ...saleId, auctionId: 'a1', opensAt, endsAt };
export const lotOffered = LotOffered({ ...terms, consignedAt: NOW });
