import { hasHandIn } from '../auctions/auction/bidding.ts';
import { auction } from '../auctions/auction/decider.ts';
import { AuctionNotOpen, AuctionUnknown, OwnLot } from '../auctions/auction/messages.ts';
import type { AuctionState } from '../auctions/auction/state.ts';
import { inspector } from '../auctions/inspector/decider.ts';
import { secretsKnown } from '../auctions/inspector/insight.ts';
import { HasReadSecrets } from '../auctions/inspector/messages.ts';
import type { Inspector } from '../auctions/inspector/reading.ts';
import {
  JoinAuction,
  type JoinScreening,
  ReputationTooLow,
  StaffMayNotBid,
} from '../auctions/participant/messages.ts';
import { mayNotBid } from '../auctions/people.ts';
import type { Actor } from '../kernel/actor.ts';
import { process } from '../kernel/process.ts';

function screen(
  { auction, inspector }: { readonly auction: AuctionState; readonly inspector: Inspector },
  _: object,
  { actor }: { readonly actor: Actor },
): JoinScreening {
  if (auction.phase === 'none') return { refusal: AuctionUnknown({}) };
  const { phase, terms } = auction;
  if (phase !== 'scheduled' && phase !== 'open') return { refusal: AuctionNotOpen({ phase }) };
  if (mayNotBid(actor)) return { refusal: StaffMayNotBid({}) };
  if (hasHandIn(terms, actor.id)) return { refusal: OwnLot({}) };
  const known = secretsKnown(inspector, auction);
  if (known !== undefined) return { refusal: HasReadSecrets({ readUntil: known.until }) };
  const minimum = terms.minimumReputation;
  if (minimum !== undefined && actor.reputation < minimum)
    return { refusal: ReputationTooLow({ minimum, yours: actor.reputation }) };
  return { welcome: true };
}

/** Joining asks the auction whom it admits; the answer is kept in the participant's stream. */
export const joinAuction = process({
  command: JoinAuction,
  reads: {
    auction: { decider: auction, stream: ({ auctionId }) => `auction-${auctionId}` },
    inspector: { decider: inspector, stream: (_, { id }) => `inspector-${id}`, toEnd: true },
  },
  screen,
  refuses: (screened) => 'refusal' in screened,
  outcome: () => 'accepted',
});
