import { LotSettled, LotSold, SettlementStopped } from '#domain/auctions/auction/messages.ts';
import { type Money, money } from '#domain/kernel/money.ts';
import { view } from '../view.ts';
import { SettlementDocument } from './documents.ts';
import { known } from './known.ts';

export const settlementsView = view({
  name: 'settlements',
  version: 4,
  description: 'What each sale moves between buyer, seller and house, and how far that is.',
  document: SettlementDocument,
  indexes: [
    { name: 'status', fields: [{ path: 'status', as: 'text' }] },
    { name: 'seller', fields: [{ path: 'seller', as: 'text' }] },
    { name: 'buyer', fields: [{ path: 'buyer', as: 'text' }] },
    { name: 'position', fields: [{ path: 'position', as: 'integer' }] },
    { name: 'paid-to', fields: [{ path: 'paidTo', as: 'text' }] },
  ],
  on: (when) => [
    when(LotSold, (_, { data, metadata, position }): SettlementDocument => {
      const { auctionId, settlement, lotId, seller, winner, currency, hammer, premium, commission } = data;
      const inCurrency = (amount: bigint): Money => money(amount, currency);
      return {
        ...{ id: auctionId, movement: settlement, lotId, seller, buyer: winner },
        status: 'due',
        hammer: inCurrency(hammer),
        premium: inCurrency(premium),
        commission: inCurrency(commission),
        paid: inCurrency(hammer + premium),
        proceeds: inCurrency(hammer - commission),
        soldAt: metadata.occurredAt,
        position: position.toString(),
      };
    }),
    when(LotSettled, (before, event): SettlementDocument => {
      const { problem: _, ...settlement } = known(before, event);
      const { paidTo, debtPaid, currency } = event.data;
      return {
        ...settlement,
        status: 'settled',
        paidTo,
        ...(debtPaid !== undefined && { debtPaid: money(debtPaid, currency) }),
        ...(paidTo === 'unclaimed' && { problem: 'proceeds: unclaimed' }),
        settledAt: event.metadata.occurredAt,
      };
    }),
    when(
      SettlementStopped,
      (before, event): SettlementDocument => ({
        ...known(before, event),
        status: 'stopped',
        problem: `${event.data.at}: ${event.data.reason.code}`,
      }),
    ),
  ],
  key: (event) => event.data.auctionId,
});
