import type { DataOf, Shape } from '#domain/kernel/message.ts';
import type { Query } from '#domain/kernel/ports/query.ts';
import { Parked } from '#domain/kernel/rejections.ts';
import type { ViewOf } from '#projections/view.ts';
import { edgesOf, pageOf } from './connection.ts';
import type { ResolverContext } from './resolver-context.ts';

/** The documents of one view, as its schema has them. */
export interface Documents<Document> {
  get(id: string, context: ResolverContext): Promise<Document | null>;
  /** A page as a connection. What may be missing from it because it is parked is said beside the answer. */
  page(
    query: Omit<Query, 'limit' | 'after'>,
    args: { first: number; after?: string | undefined },
    context: ResolverContext,
  ): Promise<ReturnType<typeof edgesOf<Document>>>;
}

/** Reads a view. The cast is the reader's promise: it hands out what the view's schema has written. */
export const documents = <S extends Shape>({ name: view }: ViewOf<S>): Documents<DataOf<S>> => ({
  async get(id, { services, at }) {
    const found = await services.views.get(view, id, at);
    return found === undefined ? null : (found as DataOf<S>);
  },
  async page(query, args, { services, at, beside }) {
    const page = await services.views.find(view, { ...query, ...pageOf(args) }, at);
    if (page.mayMiss) beside.push(Parked({ view }));
    const items = page.items.map((item) => ({ ...item, document: item.document as DataOf<S> }));
    return edgesOf({ items, more: page.more }, args.after);
  },
});
