import { isOver } from '../../kernel/deadline.ts';
import { decider } from '../../kernel/decider.ts';
import { type EventOf, type Rejection, recordedReason } from '../../kernel/message.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { AuctionClosed, AuctionNotOpen, AuctionUnknown } from '../auction/messages.ts';
import {
  BidPlaced,
  BidRejected,
  commands,
  events,
  NotJoined,
  ParticipantJoined,
  PlaceBid,
  participantStream,
} from './messages.ts';

interface Participant {
  readonly joined: boolean;
  /** How many bids have passed the door. */
  readonly placed: number;
}
const stranger: Participant = { joined: false, placed: 0 };

function evolve(participant: Participant, event: EventOf<(typeof events)[number]>): Participant {
  switch (event.type) {
    case 'ParticipantJoined':
      return { ...participant, joined: true };
    case 'BidPlaced':
      return { ...participant, placed: participant.placed + 1 };
    case 'BidRejected':
      return participant;
    default:
      return unreachable(event);
  }
}

type RejectedBid = EventOf<typeof BidRejected>['data'];
const rejected = (bid: Omit<RejectedBid, 'reason'>, why: Rejection) =>
  BidRejected({ ...bid, reason: recordedReason(PlaceBid.rejections, why) });

/** One person in one auction: where bids come in, and where those turned away at the door are kept. */
export const participant = decider({
  stream: participantStream,
  events,
  commands,
  stateVersion: 2,
  initial: stranger,
  evolve,
  decide: {
    JoinAuction({ auctionId }, { joined }, { now, actor, precondition }) {
      if (joined) return [];
      if ('refusal' in precondition) return precondition.refusal;
      if (isOver(precondition.endsAt, now)) return AuctionNotOpen({ phase: 'closing' });
      return [ParticipantJoined({ auctionId, person: actor.id, reputation: actor.reputation })];
    },
    PlaceBid(
      { auctionId, maximum: { amount: maximum, currency } },
      { joined, placed },
      { now, id, actor, precondition },
    ) {
      const bid = { auctionId, bidId: id, bidder: actor.id, currency, maximum };
      if ('refusal' in precondition) {
        // Nothing is recorded of auctions that do not exist: anybody could fill the store with them.
        if (precondition.refusal.code === AuctionUnknown.code) return AuctionUnknown({});
        return [rejected(bid, precondition.refusal)];
      }
      if (!joined) return [rejected(bid, NotJoined({}))];
      // It may have waited since it was checked.
      if (isOver(precondition.endsAt, now)) return [rejected(bid, AuctionClosed({}))];
      return [BidPlaced({ ...bid, nth: placed + 1, hold: precondition.hold, moment: now })];
    },
  },
});
