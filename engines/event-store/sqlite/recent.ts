import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { HistoryPage } from '../follow.ts';

/** So many events, and about so many bytes of their JSON, stay at hand for those who follow closely. */
const KEPT = { events: 4_000, bytes: 16 * 1024 * 1024 } as const;

/**
 * What this process has appended last, as it was handed in: whoever follows the head closely gets it from here, without
 * reading back and parsing what was written a moment ago.
 */
export interface Recent {
  /** The events of one durable append, in the order of the history. `bytes` is the size of their JSON. */
  put(events: readonly StoredEvent[], bytes: number): void;
  /** Everything behind a position, at most `limit` events; undefined when the store has to be asked. */
  behind(after: Position, limit: number): HistoryPage | undefined;
}

type Append = { readonly events: readonly StoredEvent[]; readonly bytes: number };
const lastOf = (append: Append | undefined): Position => append?.events.at(-1)?.position ?? BEGINNING;

/** @param head of the history when it was opened: what stands before it is the store's to tell */
export function recentEvents(
  head: Position,
  kept: { readonly events: number; readonly bytes: number } = KEPT,
): Recent {
  let appends: Append[] = [];
  let size = { events: 0, bytes: 0 };
  /** Nothing is missing between these two. */
  let after = head;
  let through = head;

  function forgetOldest(): void {
    let gone = 0;
    for (const { events, bytes } of appends) {
      if (size.events <= kept.events && size.bytes <= kept.bytes) break;
      size = { events: size.events - events.length, bytes: size.bytes - bytes };
      after = events.at(-1)?.position ?? after;
      gone += 1;
    }
    appends = appends.slice(gone);
  }

  return {
    put(events, bytes) {
      const [first, last] = [events[0], events.at(-1)];
      if (!first || !last) return;
      if (first.position !== through + 1n) {
        // Something stands in between that was not handed in here: only the store knows it.
        appends = [];
        size = { events: 0, bytes: 0 };
        after = first.position - 1n;
      }
      appends.push({ events, bytes });
      size = { events: size.events + events.length, bytes: size.bytes + bytes };
      through = last.position;
      // A half more, so that not every append moves all that is kept.
      if (size.events > kept.events * 1.5 || size.bytes > kept.bytes * 1.5) forgetOldest();
    },
    behind(position, limit) {
      if (position < after || position > through) return undefined;
      // From the end, because whoever asks is nearly there.
      let at = appends.length;
      while (at > 0 && lastOf(appends[at - 1]) > position) at -= 1;
      const found = appends.slice(at).flatMap(({ events }) => events);
      const begin = found.findIndex((event) => event.position > position);
      const page = begin < 0 ? [] : found.slice(begin, begin + limit);
      const end = page.length === 0 || page.at(-1)?.position === through;
      return { events: page, through: page.at(-1)?.position ?? through, end };
    },
  };
}
