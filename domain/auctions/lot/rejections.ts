import { z } from 'zod';
import { Instant } from '../../kernel/instant.ts';
import { rejection } from '../../kernel/message.ts';
import { Currency } from '../../kernel/money.ts';

export const LotExists = rejection('lot_exists', { message: 'There is a lot of this id already.' });
export const LotUnknown = rejection('lot_unknown', { message: 'There is no such lot.', status: 404 });
export const NotYourLot = rejection('not_your_lot', {
  message: 'Only its consignor and the house’s staff may do this with a lot.',
  status: 403,
});
export const ConsignorMissing = rejection('consignor_missing', {
  message: 'Staff who enter a lot say whose it is: name its consignor, with a new command id.',
  status: 422,
});
export const LotPhase = rejection('lot_phase', {
  message: 'The lot is offered, sold or withdrawn, and this needs it at rest.',
  says: ({ phase }) =>
    phase === 'offered'
      ? 'The lot is offered in an auction, and this needs it at rest. Cancel the auction first.'
      : `The lot is ${phase}, and this needs it at rest.`,
  details: { phase: z.string() },
});
export const UnsoundLot = rejection('unsound_lot', {
  message: 'The amounts of the lot do not fit together.',
  details: { problem: z.string() },
  status: 422,
});
export const UnsoundTimes = rejection('unsound_times', {
  message:
    'An auction takes bids for a minute at least, from its opening and from now. It ends within 90 days of `opensAt`, and in the year 9999 at the latest.',
  details: { now: Instant },
  status: 422,
});
export const NoLadder = rejection('no_ladder', {
  message:
    'No increment ladder is in this currency, so that no sale could take the lot. The query `ladders` lists all.',
  details: { currency: Currency, currencies: z.array(Currency) },
  status: 422,
});
export const OtherCurrency = rejection('other_currency', {
  message: 'The lot and the sale are in different currencies.',
  details: { lot: Currency, sale: Currency },
});
