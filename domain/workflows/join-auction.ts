import { phaseOf } from '../auctions/auction/bidding.ts';
import { AuctionNotOpen, AuctionUnknown } from '../auctions/auction/messages.ts';
import { JoinAuction, type JoinPrecondition, ReputationTooLow } from '../auctions/participant/messages.ts';
import type { Actor } from '../kernel/actor.ts';
import { isOver } from '../kernel/deadline.ts';
import type { Instant } from '../kernel/instant.ts';
import { workflow } from '../kernel/workflow.ts';
import {
  behindThem,
  type Surroundings,
  surroundings,
  whyCalledOff,
  whyNotWelcome,
} from './auction-surroundings.ts';

function precondition(
  { auction, ...around }: Surroundings,
  _: object,
  { now, actor }: { readonly now: Instant; readonly actor: Actor },
): JoinPrecondition {
  if (auction.phase === 'none') return { refusal: AuctionUnknown({}) };
  const { phase, terms } = auction;
  if (phase !== 'scheduled' && phase !== 'open') return { refusal: AuctionNotOpen(phaseOf(auction)) };
  if (isOver(terms.endsAt, now)) return { refusal: AuctionNotOpen({ phase: 'closing' }) };
  const refusal = whyNotWelcome(auction, around, actor) ?? whyCalledOff(around);
  if (refusal !== undefined) return { refusal };
  const minimum = terms.minimumReputation;
  if (minimum !== undefined && actor.reputation < minimum)
    return { refusal: ReputationTooLow({ minimum, yours: actor.reputation }) };
  return { welcome: true, endsAt: terms.endsAt };
}

/** Joining asks the auction whom it admits; the answer is kept in the participant's stream. */
export const joinAuction = workflow({
  command: JoinAuction,
  reads: surroundings,
  readsNext: behindThem,
  precondition,
  refuses: (precondition) => 'refusal' in precondition,
  outcome: () => 'accepted',
});
