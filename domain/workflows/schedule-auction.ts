import { AuctionRefused, AuctionScheduled } from '../auctions/auction/messages.ts';
import { isAnyAmong } from '../auctions/hands.ts';
import { ScheduleAuction } from '../auctions/lot/messages.ts';
import { sale } from '../auctions/sale/decider.ts';
import {
  AuctionTurnedAway,
  SaleNotOpen,
  type SalePrecondition,
  SaleUnknown,
  saleStream,
} from '../auctions/sale/messages.ts';
import { phaseOf, type Sale } from '../auctions/sale/state.ts';
import type { Actor } from '../kernel/actor.ts';
import { rejectionFrom } from '../kernel/message.ts';
import { whoActs } from '../kernel/own-affair.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { workflow } from '../kernel/workflow.ts';

function precondition(
  { sale }: { readonly sale: Sale },
  _: object,
  { actor }: { readonly actor: Actor },
): SalePrecondition {
  if (sale.phase === 'none') return { refusal: SaleUnknown({}) };
  // Nothing but publishing changes a sale before it takes lots: what is known of a published one is all that matters here.
  return sale.phase === 'published'
    ? { terms: sale.terms, hasArranged: isAnyAmong(sale.hands, whoActs(actor)) }
    : { refusal: SaleNotOpen(phaseOf(sale)) };
}

/**
 * Scheduling takes the terms from the sale and the rest from the lot, whose stream promises it to one auction at a time;
 * then the sale takes the auction in, then the auction's own stream; whichever refuses, the lot comes back.
 */
export const scheduleAuction = workflow({
  command: ScheduleAuction,
  reads: { sale: { decider: sale, stream: saleStream } },
  precondition,
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
