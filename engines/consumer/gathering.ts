import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { consumerLimits } from './limits.ts';

/**
 * Makes whole batches of what catching up brings in crumbs, so that a commit, or a send, is not made for each of them. What is live is
 * never held back.
 */
export function gathering() {
  let gathered: StoredEvent[] = [];
  let pages = 0;
  return {
    /** What is to be handled now; undefined: more of it is about to come. */
    with(events: readonly StoredEvent[], live: boolean): readonly StoredEvent[] | undefined {
      gathered.push(...events);
      pages += 1;
      const isEnough =
        gathered.length >= consumerLimits.eventsPerCommit || pages >= consumerLimits.gatheredPages;
      if (!live && !isEnough) return undefined;
      const whole = gathered;
      gathered = [];
      pages = 0;
      return whole;
    },
  };
}
