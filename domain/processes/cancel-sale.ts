import { inspector } from '../auctions/inspector/decider.ts';
import { CancelSale } from '../auctions/sale/messages.ts';
import { process } from '../kernel/process.ts';

/** Whoever calls a sale off calls its auctions off, and so must not know their maxima. */
export const cancelSale = process({
  command: CancelSale,
  reads: {
    inspector: { decider: inspector, stream: (_, { id }) => `inspector-${id}`, toEnd: true },
  },
  screen: ({ inspector }) => inspector,
  refuses: () => false,
  outcome: () => 'accepted',
});
