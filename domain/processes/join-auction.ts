import { hasHandIn } from '../auctions/auction/bidding.ts';
import { auction } from '../auctions/auction/decider.ts';
import { AuctionNotOpen, AuctionUnknown, OwnLot } from '../auctions/auction/messages.ts';
import type { AuctionState } from '../auctions/auction/state.ts';
import {
  JoinAuction,
  type JoinScreening,
  ReputationTooLow,
  StaffMayNotBid,
} from '../auctions/participant/messages.ts';
import { isStaff } from '../auctions/people.ts';
import type { Actor } from '../kernel/actor.ts';
import { process } from '../kernel/process.ts';

function screen(auction: AuctionState, _: object, { actor }: { readonly actor: Actor }): JoinScreening {
  if (auction.phase === 'none') return { refusal: AuctionUnknown({}) };
  const { phase, terms } = auction;
  if (phase !== 'scheduled' && phase !== 'open') return { refusal: AuctionNotOpen({ phase }) };
  if (isStaff(actor)) return { refusal: StaffMayNotBid({}) };
  if (hasHandIn(terms, actor.id)) return { refusal: OwnLot({}) };
  const minimum = terms.minimumReputation;
  if (minimum !== undefined && actor.reputation < minimum)
    return { refusal: ReputationTooLow({ minimum, yours: actor.reputation }) };
  return { welcome: true };
}

/** Joining asks the auction whom it admits; the answer is kept in the participant's stream. */
export const joinAuction = process({
  command: JoinAuction,
  reads: auction,
  streamRead: ({ auctionId }) => `auction-${auctionId}`,
  screen,
  refuses: (screened) => 'refusal' in screened,
  outcome: () => 'accepted',
});
