import { decider } from '../../kernel/decider.ts';
import type { EventOf } from '../../kernel/message.ts';
import { areSound } from '../fees.ts';
import { ladderOf } from '../ladder.ts';
import {
  commands,
  events,
  LadderUnknown,
  SaleCancelled,
  SaleClosed,
  SaleExists,
  SalePhase,
  SalePublished,
  SaleScheduled,
  type SaleTerms,
  SaleUnknown,
  UnsoundTiers,
} from './messages.ts';

export type Sale =
  | { readonly phase: 'none' }
  | { readonly phase: 'scheduled' | 'published' | 'closed' | 'cancelled'; readonly terms: SaleTerms };

function evolve(sale: Sale, event: EventOf<(typeof events)[number]>): Sale {
  if (event.type === 'SaleScheduled') {
    const { currency, premium, commission, ladder } = event.data;
    return { phase: 'scheduled', terms: { currency, premium, commission, ladder } };
  }
  if (sale.phase === 'none') return sale;
  switch (event.type) {
    case 'SalePublished':
      return { ...sale, phase: 'published' };
    case 'SaleClosed':
      return { ...sale, phase: 'closed' };
    case 'SaleCancelled':
      return { ...sale, phase: 'cancelled' };
    default:
      return event satisfies never;
  }
}

/** Lots offered together on one set of terms: scheduled → published → closed, or cancelled before that. */
export const sale = decider({
  category: 'sale',
  events,
  commands,
  stateVersion: 1,
  initial: { phase: 'none' } as Sale,
  evolve,
  decide: {
    ScheduleSale({ saleId, title, description, currency, premium, commission, ladderVersion }, sale) {
      if (sale.phase !== 'none') return SaleExists({});
      if (!areSound(premium)) return UnsoundTiers({ of: 'premium' });
      if (!areSound(commission)) return UnsoundTiers({ of: 'commission' });
      const ladder = ladderOf(currency, ladderVersion);
      if (ladder === undefined) return LadderUnknown({ currency, version: ladderVersion });
      return [SaleScheduled({ saleId, title, description, currency, premium, commission, ladder })];
    },
    PublishSale({ saleId }, { phase }) {
      if (phase === 'none') return SaleUnknown({});
      if (phase === 'published') return [];
      return phase === 'scheduled' ? [SalePublished({ saleId })] : SalePhase({ phase });
    },
    CloseSale({ saleId }, { phase }) {
      if (phase === 'none') return SaleUnknown({});
      if (phase === 'closed') return [];
      return phase === 'published' ? [SaleClosed({ saleId })] : SalePhase({ phase });
    },
    CancelSale({ saleId, cause }, { phase }) {
      if (phase === 'none') return SaleUnknown({});
      if (phase === 'cancelled') return [];
      return phase === 'closed' ? SalePhase({ phase }) : [SaleCancelled({ saleId, cause })];
    },
  },
});
