import { account } from '../accounts/account/decider.ts';
import { accountStream } from '../accounts/account/messages.ts';
import type { Account } from '../accounts/account/state.ts';
import { AuctionRefused, AuctionScheduled } from '../auctions/auction/messages.ts';
import { isAnyAmong } from '../auctions/hands.ts';
import { type Lot, lot } from '../auctions/lot/decider.ts';
import { lotStream, ScheduleAuction } from '../auctions/lot/messages.ts';
import { sale } from '../auctions/sale/decider.ts';
import {
  AuctionTurnedAway,
  SaleNotOpen,
  type SalePrecondition,
  SaleUnknown,
  SellerGone,
  saleStream,
} from '../auctions/sale/messages.ts';
import { phaseOf, type Sale } from '../auctions/sale/state.ts';
import type { Actor } from '../kernel/actor.ts';
import { rejectionFrom } from '../kernel/message.ts';
import { whoActs } from '../kernel/own-affair.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { workflow } from '../kernel/workflow.ts';

function termsOf(sale: Sale, account: Account, actor: Actor): SalePrecondition {
  if (account.phase === 'closed' || account.phase === 'erased') return { refusal: SellerGone({}) };
  if (sale.phase === 'none') return { refusal: SaleUnknown({}) };
  // Nothing but publishing changes a sale before it takes lots: what is known of a published one is all that matters here.
  return sale.phase === 'published'
    ? { terms: sale.terms, hasArranged: isAnyAmong(sale.hands, whoActs(actor)) }
    : { refusal: SaleNotOpen(phaseOf(sale)) };
}

/**
 * Scheduling takes the terms from the sale and the rest from the lot, whose stream promises it to one auction at a time;
 * then the sale takes the auction in, then the auction's own stream; whichever refuses, the lot comes back. Nobody's lot is offered who
 * has left, by whatever token or at whoever's hands. Who leaves in the same moment is not seen: what comes of that is owed to them, and
 * the house gives it out (`DischargeUnclaimed`).
 */
export const scheduleAuction = workflow({
  command: ScheduleAuction,
  reads: {
    sale: { decider: sale, stream: saleStream },
    lot: { decider: lot, stream: lotStream, toEnd: true },
  },
  readsNext: {
    account: {
      decider: account,
      stream: ({ lot }: { readonly lot: Lot }) =>
        lot.phase === 'none' ? undefined : accountStream({ person: lot.consignor }),
      toEnd: true,
    },
  },
  precondition: ({ sale, account }, _, { actor }) => termsOf(sale, account, actor),
  refuses: (precondition) => 'refusal' in precondition,
  outcome(events) {
    for (const event of events) {
      if (isRecorded(event, AuctionScheduled)) return 'accepted';
      if (isRecorded(event, AuctionRefused) || isRecorded(event, AuctionTurnedAway))
        return rejectionFrom(ScheduleAuction.rejections, event.data.reason);
    }
    return 'pending';
  },
});
