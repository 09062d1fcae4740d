import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { consumerLimits } from './limits.ts';

/**
 * Makes whole batches of what catching up brings in crumbs, so that a commit, or a send, is not made for each of them. What is live is
 * never held back.
 *
 * @param most so many are handled at once: what is gathered is handed over before another page like the last one would be too much for
 *   it, and leave a crumb for a commit of its own
 */
export function gathering(most: number) {
  let gathered: StoredEvent[] = [];
  let pages = 0;
  return {
    /** What is to be handled now; undefined: more of it is about to come. */
    with(events: readonly StoredEvent[], live: boolean): readonly StoredEvent[] | undefined {
      gathered.push(...events);
      pages += 1;
      const isEnough = gathered.length + events.length > most || pages >= consumerLimits.gatheredPages;
      if (!live && !isEnough) return undefined;
      const whole = gathered;
      gathered = [];
      pages = 0;
      return whole;
    },
  };
}
