import { AuctionNotOpen, AuctionUnknown } from '../auctions/auction/messages.ts';
import { JoinAuction, type JoinScreening, ReputationTooLow } from '../auctions/participant/messages.ts';
import type { Actor } from '../kernel/actor.ts';
import { isOver } from '../kernel/deadline.ts';
import type { Instant } from '../kernel/instant.ts';
import { process } from '../kernel/process.ts';
import {
  behindThem,
  type Surroundings,
  surroundings,
  whyCalledOff,
  whyNotWelcome,
} from './auction-surroundings.ts';

function screen(
  { auction, ...around }: Surroundings,
  _: object,
  { now, actor }: { readonly now: Instant; readonly actor: Actor },
): JoinScreening {
  if (auction.phase === 'none') return { refusal: AuctionUnknown({}) };
  const { phase, terms } = auction;
  if (phase !== 'scheduled' && phase !== 'open') return { refusal: AuctionNotOpen({ phase }) };
  if (isOver(terms.endsAt, now)) return { refusal: AuctionNotOpen({ phase: 'closing' }) };
  const refusal = whyNotWelcome(auction, around, actor) ?? whyCalledOff(around);
  if (refusal !== undefined) return { refusal };
  const minimum = terms.minimumReputation;
  if (minimum !== undefined && actor.reputation < minimum)
    return { refusal: ReputationTooLow({ minimum, yours: actor.reputation }) };
  return { welcome: true, endsAt: terms.endsAt };
}

/** Joining asks the auction whom it admits; the answer is kept in the participant's stream. */
export const joinAuction = process({
  command: JoinAuction,
  reads: surroundings,
  readsNext: behindThem,
  screen,
  refuses: (screened) => 'refusal' in screened,
  outcome: () => 'accepted',
});
