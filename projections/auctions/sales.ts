import { SaleCancelled, SaleClosed, SalePublished, SaleScheduled } from '#domain/auctions/sale/messages.ts';
import { view } from '../view.ts';
import { SaleDocument } from './documents.ts';
import { known } from './known.ts';

const moved = (
  sale: SaleDocument,
  event: { readonly metadata: { readonly occurredAt: string } },
  phase: SaleDocument['phase'],
): SaleDocument => ({ ...sale, phase, updatedAt: event.metadata.occurredAt });

export const salesView = view({
  name: 'sales',
  version: 2,
  description: 'Sales with their terms.',
  document: SaleDocument,
  indexes: [{ name: 'phase', fields: [{ path: 'phase', as: 'text' }] }],
  text: ['title', 'description'],
  on: (when) => [
    when(SaleScheduled, (_, { data, metadata }): SaleDocument => {
      const { saleId, title, description, currency, ladder, premium, commission } = data;
      const terms = { currency, ladder, premium, commission };
      return {
        ...{ id: saleId, title, description, ...terms, updatedAt: metadata.occurredAt },
        phase: 'scheduled',
      };
    }),
    when(SalePublished, (before, event) => moved(known(before, event), event, 'published')),
    when(SaleClosed, (before, event) => moved(known(before, event), event, 'closed')),
    when(SaleCancelled, (before, event) => ({
      ...moved(known(before, event), event, 'cancelled'),
      cancelledFor: event.data.cause,
    })),
  ],
  key: (event) => event.data.saleId,
});
