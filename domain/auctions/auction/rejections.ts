import { z } from 'zod';
import { shown } from '../../kernel/currencies.ts';
import { rejection } from '../../kernel/message.ts';
import { Currency, Money } from '../../kernel/money.ts';

export const AuctionUnknown = rejection('auction_unknown', {
  message: 'There is no such auction.',
  status: 404,
});
const calledOff = (cause: string): string => `The auction was called off: ${cause}`;
/** What a rejection says of an auction. `cause`: why it was called off. */
const asItIs = { phase: z.string(), cause: z.string().optional() };
export const AuctionNotOpen = rejection('auction_not_open', {
  message: 'The auction takes no bids now.',
  says: ({ phase, cause }) =>
    cause === undefined ? `The auction takes no bids now: it is ${phase}.` : calledOff(cause),
  details: asItIs,
});
export const AuctionClosed = rejection('auction_closed', {
  message: 'The bid came after the end of the lot.',
});
export const FundedTooLate = rejection('funded_too_late', {
  message:
    'Your wallet did not answer in time, and bids that were placed after yours were decided without it. Nothing is held for it; bid again with a new command id.',
});
export const AuctionOver = rejection('auction_over', {
  message: 'The auction has ended already.',
  says: ({ phase, cause }) =>
    cause === undefined ? `The auction has ended already: it is ${phase}.` : calledOff(cause),
  details: asItIs,
});
export const NotYourAuction = rejection('not_your_auction', {
  message: 'Only the seller and the house’s staff may do this.',
  status: 403,
});
export const OwnLot = rejection('own_lot', {
  message:
    'Sellers, and whoever entered or changed the lot, its sale or its auction, cannot bid on it, under any role.',
  status: 403,
});
export const CurrencyMismatch = rejection('currency_mismatch', {
  message: 'The auction is in another currency.',
  details: { currency: Currency },
});
export const BidTooLow = rejection('bid_too_low', {
  message: 'The bid is below the smallest valid bid.',
  says: ({ smallestBid }) => `The bid is below the smallest valid bid, ${shown(smallestBid)}.`,
  details: { price: Money, smallestBid: Money },
});
export const BidTooHigh = rejection('bid_too_high', {
  message: 'The bid is above the largest that is taken.',
  says: ({ largestBid }) => `The bid is above the largest that is taken, ${shown(largestBid)}.`,
  details: { largestBid: Money },
});
export const MaximumNotRaised = rejection('maximum_not_raised', {
  message: 'You lead already. To raise your maximum, bid more than it.',
  details: { price: Money },
});
