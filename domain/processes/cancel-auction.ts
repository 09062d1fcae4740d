import { CancelAuction } from '../auctions/auction/messages.ts';
import { inspector } from '../auctions/inspector/decider.ts';
import { process } from '../kernel/process.ts';

/** Whoever calls an auction off must not know its maxima, which the auction's own stream cannot tell of a person. */
export const cancelAuction = process({
  command: CancelAuction,
  reads: {
    inspector: { decider: inspector, stream: (_, { id }) => `inspector-${id}`, toEnd: true },
  },
  screen: ({ inspector }) => inspector,
  refuses: () => false,
  outcome: () => 'accepted',
});
