import { countersView } from '#test/support/counters.ts';

/** Enough of them that each of two processes has some. */
export const eightViews = Array.from({ length: 8 }, (_, number) => ({
  ...countersView(),
  name: `counters-${number}`,
}));
