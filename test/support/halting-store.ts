import type { EventStore } from '#domain/kernel/ports/event-store.ts';

/** A store on which the appends to one stream stand still until they are let on; `reached` by the first of them. */
export function halting(store: EventStore, stream: string) {
  const reached = Promise.withResolvers<void>();
  const on = Promise.withResolvers<void>();
  const halted: EventStore = {
    ...store,
    append: async (to, expected, events) => {
      if (to === stream) {
        reached.resolve();
        await on.promise;
      }
      return store.append(to, expected, events);
    },
  };
  return { store: halted, reached: reached.promise, letOn: on.resolve };
}
