import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Batch, EventFilter } from '#domain/kernel/ports/event-store.ts';
import type { Interval, Source } from './source.ts';

/**
 * One item of a feed of events. It stands for exactly one event and for the stretch before it in which nothing matched;
 * without an event only for such a stretch, so that a reader's cursor moves on.
 */
export interface EventItem extends Interval {
  readonly event: StoredEvent | undefined;
}

/**
 * The events of the history behind `after`, one by one, never joined. The history is pulled a page at a time as the
 * reader takes it, so that nothing piles up here. An item without an event is sent for a page of history without a
 * match, and once when the present is reached with nothing to tell.
 */
export function eventSource(
  feed: EventFeed,
  options: {
    readonly after: Position | undefined;
    readonly filter: EventFilter;
    /** What a filter by prefix and type lets through besides. */
    readonly accepts?: (event: StoredEvent) => boolean;
  },
): Source<EventItem> {
  const { after = BEGINNING, filter, accepts = () => true } = options;
  const stopped = new AbortController();
  const batches = feed.follow({ after, filter, signal: stopped.signal })[Symbol.asyncIterator]();
  let page: StoredEvent[] = [];
  let through = after;
  let sent = after;
  /** A stretch without a match is still to be said. */
  let quiet = false;
  let live = false;

  function take(batch: Batch): void {
    page = batch.events.filter(accepts);
    through = batch.through;
    quiet = !batch.live || !live;
    live = batch.live;
  }

  function item(position: Position, event: StoredEvent | undefined): EventItem {
    const made = { after: sent, position, event };
    sent = position;
    return made;
  }

  return {
    async next() {
      while (!stopped.signal.aborted) {
        const event = page.shift();
        if (event !== undefined) return item(event.position, event);
        if (quiet && through > sent) {
          quiet = false;
          return item(through, undefined);
        }
        const batch = await batches.next();
        if (batch.done) return undefined;
        take(batch.value);
      }
      return undefined;
    },
    close: () => stopped.abort(),
  };
}
