import type { Interval, Source } from './source.ts';

/** The same intervals with other contents. */
export const mapped = <From extends Interval, To extends object>(
  source: Source<From>,
  map: (item: From) => To | Promise<To>,
): Source<Interval & To> => ({
  async next() {
    const item = await source.next();
    if (item === undefined) return undefined;
    return { ...(await map(item)), after: item.after, position: item.position };
  },
  close: () => source.close(),
});
