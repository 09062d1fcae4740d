import { decider } from '../../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { commands, consignorStream, events, SellingBegun, SellingEnded } from './messages.ts';

export interface Consignor {
  /** How many sales of their lots are under way. */
  readonly selling: number;
  /** By auction and lot, all there ever were: what comes late may be behind what ends it. */
  readonly sales: IdTable<'under way' | 'over'>;
}

/** An auction may have been promised two lots, of which it takes one. */
const keyOf = ({ auctionId, lotId }: { readonly auctionId: string; readonly lotId: string }): string =>
  `${auctionId} ${lotId}`;

/** Which sales of one person's lots are under way, for whoever asks whether they may leave. */
export const consignor = decider({
  stream: consignorStream,
  events,
  commands,
  stateVersion: 1,
  initial: { selling: 0, sales: emptyTable } as Consignor,
  evolve({ selling, sales }, event) {
    const key = keyOf(event.data);
    switch (event.type) {
      case 'SellingBegun':
        return { selling: selling + 1, sales: withValue(sales, key, 'under way') };
      case 'SellingEnded': {
        const ended = valueIn(sales, key) === 'under way' ? 1 : 0;
        return { selling: selling - ended, sales: withValue(sales, key, 'over') };
      }
      default:
        return unreachable(event);
    }
  },
  decide: {
    BeginSelling: ({ person, lotId, auctionId }, { sales }) =>
      valueIn(sales, keyOf({ lotId, auctionId })) === undefined
        ? [SellingBegun({ person, lotId, auctionId })]
        : [],
    EndSelling: ({ person, lotId, auctionId }, { sales }) =>
      valueIn(sales, keyOf({ lotId, auctionId })) === 'over'
        ? []
        : [SellingEnded({ person, lotId, auctionId })],
  },
});
