import { DropHammer } from '../auctions/auction/messages.ts';
import { workflow } from '../kernel/workflow.ts';
import { behindThem, surroundings } from './auction-surroundings.ts';

/**
 * The hammer asks the sale, whose stream is read to its end behind `LotClosing`: whatever was cancelled before that is not
 * sold, however many auctions the sale has and however late each hears of it.
 */
export const dropHammer = workflow({
  command: DropHammer,
  reads: { auction: surroundings.auction },
  readsNext: { sale: behindThem.sale },
  precondition: ({ sale }) => (sale.phase === 'none' ? undefined : sale.cause),
  refuses: () => false,
  outcome: () => 'accepted',
});
