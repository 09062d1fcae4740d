import { documentLimits } from '#domain/kernel/ports/document-store.ts';
import type { Filter } from '#domain/kernel/ports/query.ts';
import type { ViewReader } from '#domain/kernel/ports/views.ts';

/** How many documents of a view fit a filter: page by page, so that few are in memory however many there are. */
export async function countOf(
  views: Pick<ViewReader, 'find'>,
  view: string,
  filter: Filter,
  pageDocuments: number = documentLimits.pageDocuments,
): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    const page = await views.find(view, {
      filter,
      limit: pageDocuments,
      ...(after !== undefined && { after }),
    });
    count += page.items.length;
    after = page.items.at(-1)?.cursor;
    if (!page.more || after === undefined) return count;
  }
}
