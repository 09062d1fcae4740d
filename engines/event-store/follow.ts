import type { Position, StoredEvent } from '#domain/kernel/envelope.ts';
import {
  type Batch,
  type EventStore,
  type FollowOptions,
  storeLimits,
} from '#domain/kernel/ports/event-store.ts';
import type { Wake } from './wake.ts';

export interface HistoryPage {
  readonly events: readonly StoredEvent[];
  readonly through: Position;
  readonly end: boolean;
}

/**
 * History by pages, then live, over an engine that can be read by position: each page begins where the last one ended,
 * so the passage from history to live has no seam that could lose or repeat an event.
 *
 * @param arrived signalled after every commit; asked before each read, so that no commit slips between read and wait
 * @param breathe awaited between pages of history, so that a long catch-up lets others work
 */
export async function* followPages(
  page: (read: Parameters<EventStore['readAll']>[0]) => HistoryPage,
  arrived: Wake,
  { after, filter, signal }: FollowOptions,
  breathe: () => Promise<void>,
): AsyncGenerator<Batch> {
  let through = after;
  let live = false;
  while (!signal.aborted) {
    const seen = arrived.count();
    const next = page({ after: through, limit: storeLimits.pageEvents, ...(filter && { filter }) });
    if (next.through > through) {
      through = next.through;
      yield { events: next.events, through, live };
    }
    if (!next.end) {
      await breathe();
      continue;
    }
    if (!live) {
      // Said even when nothing follows: an empty history is behind its follower too.
      live = true;
      yield { events: [], through, live };
    }
    await arrived.after(seen, signal);
  }
}
