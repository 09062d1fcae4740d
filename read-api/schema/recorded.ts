import type { ResolverContext } from '../resolver-context.ts';

/** Records what a role has shown in what was read so far. @throws RejectedError: it must not leave then */
export async function recorded({ insights, viewer, services }: ResolverContext, name: string): Promise<void> {
  for (const insight of insights) await services.readings.record(viewer, insight, name);
}

/** The items of a subscription, each behind the record of what it shows; it ends when one cannot be recorded. */
export function recordedItems(
  items: AsyncIterableIterator<unknown>,
  context: ResolverContext,
  name: string,
): AsyncIterableIterator<unknown> {
  const shown: AsyncIterableIterator<unknown> = {
    async next() {
      const item = await items.next();
      try {
        if (item.done !== true && context.insights.size > 0) await recorded(context, name);
        return item;
      } catch (error) {
        await items.return?.();
        throw error;
      }
    },
    return: async () => (await items.return?.()) ?? { done: true, value: undefined },
    throw: async (error) => (await items.throw?.(error)) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]: () => shown,
  };
  return shown;
}
