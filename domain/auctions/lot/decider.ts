import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../../kernel/actor.ts';
import { decider, type FoldedAt } from '../../kernel/decider.ts';
import type { PersonId } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instant.ts';
import type { EventOf } from '../../kernel/message.ts';
import { ownAffair } from '../../kernel/own-affair.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { type Hands, noHands, withHand } from '../hands.ts';
import type { AuctionId } from '../ids.ts';
import { isStaff } from '../people.ts';
import { AuctionExists } from '../sale/messages.ts';
import {
  ConsignorMissing,
  commands,
  events,
  LotAmended,
  LotConsigned,
  LotExists,
  LotOffered,
  LotPhase,
  LotReturned,
  LotUnknown,
  LotWithdrawn,
  lotStream,
  NotYourLot,
  OtherCurrency,
  OwnershipPassed,
  UnsoundTimes,
} from './messages.ts';
import { areSoundTimes, type Described, describe } from './soundness.ts';

export type Lot =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'consigned' | 'offered' | 'sold' | 'withdrawn';
      readonly consignor: PersonId;
      readonly described: Described;
      readonly consignedAt: Instant;
      /** Who has entered, changed or offered it: they know its reserve, and do not bid on it. */
      readonly hands: Hands;
      /** Every auction it was ever promised to; the last is the one it is in while it is offered. */
      readonly auctions: readonly AuctionId[];
    };

/** What is said of a lot in events, from a command or from an event that says more. */
function describedBy(data: Described): Described {
  const { lotId, title, description, categories, pictures } = data;
  const { currency, estimateLow, estimateHigh, openingBid, reserve } = data;
  return {
    ...{ lotId, title, description, categories, pictures, currency, estimateLow, estimateHigh, openingBid },
    ...(reserve === undefined ? {} : { reserve }),
  };
}

function evolve(lot: Lot, event: EventOf<(typeof events)[number]>, at: FoldedAt): Lot {
  if (event.type === 'LotConsigned') {
    const { consignor } = event.data;
    const described = describedBy(event.data);
    const hands = withHand(noHands, at);
    return { phase: 'consigned', consignor, described, consignedAt: at.occurredAt, hands, auctions: [] };
  }
  if (lot.phase === 'none') return lot;
  switch (event.type) {
    case 'LotAmended':
      return { ...lot, described: event.data, hands: withHand(lot.hands, at) };
    case 'LotOffered':
      return {
        ...lot,
        phase: 'offered',
        hands: withHand(lot.hands, at),
        auctions: [...lot.auctions, event.data.auctionId],
      };
    case 'LotReturned':
      return { ...lot, phase: 'consigned' };
    case 'OwnershipPassed':
      return { ...lot, phase: 'sold' };
    case 'LotWithdrawn':
      return { ...lot, phase: 'withdrawn', hands: withHand(lot.hands, at) };
    default:
      return unreachable(event);
  }
}

const mayHandle = (lot: { readonly consignor: PersonId }, actor: Actor): boolean =>
  isStaff(actor) || lot.consignor === actor.id;

/** A lot from consignment to its new owner. It is promised to one auction at a time. */
export const lot = decider({
  stream: lotStream,
  events,
  commands,
  stateVersion: 3,
  initial: { phase: 'none' } as Lot,
  evolve,
  decide: {
    ConsignLot({ consignor, ...data }, lot, { actor }) {
      if (lot.phase !== 'none') return LotExists({});
      if (consignor !== undefined && consignor !== actor.id && !isStaff(actor)) return NotYourLot({});
      // Left out by a clerk it would make the clerk the seller, who gets the proceeds.
      if (consignor === undefined && isStaff(actor)) return ConsignorMissing({});
      const described = describe(data);
      if ('rejected' in described) return described;
      return [LotConsigned({ ...described, consignor: consignor ?? actor.id })];
    },
    AmendLot(data, lot, { actor }) {
      if (lot.phase === 'none') return LotUnknown({});
      if (!mayHandle(lot, actor)) return NotYourLot({});
      if (lot.phase !== 'consigned') return LotPhase({ phase: lot.phase });
      const described = describe(data);
      if ('rejected' in described) return described;
      // To anybody but its consignor, that nothing changes would tell the reserve; so it is recorded, and is a hand in the lot.
      const isKnown = actor.id === lot.consignor && isDeepStrictEqual(described, lot.described);
      return isKnown ? [] : [LotAmended(described)];
    },
    WithdrawLot({ lotId, cause }, lot, { actor }) {
      if (lot.phase === 'none') return LotUnknown({});
      if (!mayHandle(lot, actor)) return NotYourLot({});
      if (lot.phase === 'withdrawn') return [];
      return lot.phase === 'consigned' ? [LotWithdrawn({ lotId, cause })] : LotPhase({ phase: lot.phase });
    },
    ScheduleAuction(data, lot, { now, actor, precondition }) {
      const { auctionId, saleId, opensAt, endsAt, minimumReputation } = data;
      if (lot.phase === 'none') return LotUnknown({});
      if (!mayHandle(lot, actor)) return NotYourLot({});
      if (lot.phase === 'offered' && lot.auctions.at(-1) === auctionId) return [];
      if (lot.phase !== 'consigned') return LotPhase({ phase: lot.phase });
      if (lot.auctions.includes(auctionId)) return AuctionExists({});
      if (!areSoundTimes(opensAt, endsAt, now)) return UnsoundTimes({ now });
      if ('refusal' in precondition) return precondition.refusal;
      // The commission is the house's to decide, and this lot's owner has decided it.
      const own = precondition.hasArranged ? ownAffair(actor, lot.consignor) : undefined;
      if (own !== undefined) return own;
      const { currency, ladder, premium, commission } = precondition.terms;
      const { consignor, described, consignedAt } = lot;
      if (described.currency !== currency) return OtherCurrency({ lot: described.currency, sale: currency });
      return [
        LotOffered({
          ...described,
          ...{ auctionId, saleId, seller: consignor, ladder, premium, commission, opensAt, endsAt },
          consignedAt,
          ...(minimumReputation === undefined ? {} : { minimumReputation }),
        }),
      ];
    },
    ReturnLot: ({ lotId, auctionId }, lot) =>
      lot.phase === 'offered' && lot.auctions.at(-1) === auctionId
        ? [LotReturned({ lotId, auctionId, consignor: lot.consignor })]
        : [],
    PassOwnership: ({ lotId, auctionId, owner }, lot) =>
      lot.phase === 'offered' && lot.auctions.at(-1) === auctionId
        ? [OwnershipPassed({ lotId, auctionId, owner })]
        : [],
  },
});
