import type { EventStore } from '#domain/kernel/ports/event-store.ts';

/** The history as the read side sees it: it never appends. */
export type HistoryReader = Pick<EventStore, 'epoch' | 'readStream' | 'readAll' | 'head'>;
