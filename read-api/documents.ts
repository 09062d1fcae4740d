import type { z } from 'zod';
import type { Query } from '#domain/kernel/ports/views.ts';
import { Parked } from '#domain/kernel/rejections.ts';
import { edgesOf, pageOf } from './connection.ts';
import type { Reading } from './house.ts';

/** The documents of one view, by the schema it is declared with. */
export interface Documents<Schema extends z.ZodType> {
  get(id: string, reading: Reading): Promise<z.output<Schema> | null>;
  /** A page as a connection. What may be missing from it because it is parked is said beside the answer. */
  page(
    query: Omit<Query, 'limit' | 'after'>,
    args: { first: number; after?: string | undefined },
    reading: Reading,
  ): Promise<ReturnType<typeof edgesOf<z.output<Schema>>>>;
}

/** Reads a view by its name. The cast is the reader's promise: it hands out what the view's schema has written. */
export const documents = <Schema extends z.ZodType>(view: string, _schema: Schema): Documents<Schema> => ({
  async get(id, { house, at }) {
    const found = await house.views.get(view, id, at);
    return found === undefined ? null : (found as z.output<Schema>);
  },
  async page(query, args, { house, at, beside }) {
    const page = await house.views.find(view, { ...query, ...pageOf(args) }, at);
    if (page.mayMiss) beside.push(Parked({ view }));
    const items = page.items.map((item) => ({ ...item, document: item.document as z.output<Schema> }));
    return edgesOf({ items, more: page.more }, args.after);
  },
});
