import {
  AuctionCancelled,
  AuctionOpened,
  AuctionScheduled,
  CloseLot,
  LotClosing,
  LotPassed,
  OpenAuction,
} from '#domain/auctions/auction/messages.ts';
import type { AuctionId } from '#domain/auctions/ids.ts';
import { saga, unheard } from '#domain/kernel/saga.ts';

/** Undefined until the auction is scheduled. */
type State = { readonly auctionId: AuctionId | undefined };

/**
 * Opens and closes each auction at its time. An auction that somebody opens early closes at its time all the same; one whose
 * whole time was over before its timer came has passed instead of opening.
 */
export const lotOpeningAndClosing = saga({
  name: 'lot-opening-and-closing',
  version: 1,
  initial: { auctionId: undefined } as State,
  on: (when) => [
    when(AuctionScheduled, (_, { data: { auctionId, opensAt } }) => ({
      state: { auctionId },
      timers: [{ name: 'opening', at: opensAt }],
    })),
    when(AuctionOpened, (_, { data: { auctionId, endsAt } }) => ({
      state: { auctionId },
      timers: [{ name: 'closing', at: endsAt }],
      cancels: ['opening'],
    })),
    when(LotClosing, (state) => ({ state, done: true })),
    when(LotPassed, (state) => ({ state, cancels: ['opening', 'closing'], done: true })),
    when(AuctionCancelled, (state) => ({ state, cancels: ['opening', 'closing'], done: true })),
  ],
  id: ({ data }) => data.auctionId,
  answers: { opening: unheard, closing: unheard },
  timers: {
    opening: (state) =>
      state.auctionId === undefined
        ? undefined
        : { state, sends: [{ command: OpenAuction({ auctionId: state.auctionId }), purpose: 'opening' }] },
    closing: (state) =>
      state.auctionId === undefined
        ? undefined
        : { state, sends: [{ command: CloseLot({ auctionId: state.auctionId }), purpose: 'closing' }] },
  },
});
