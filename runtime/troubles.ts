import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { reasonOf } from './reason.ts';

/** The same trouble is told again after so long, in milliseconds, for as long as it lasts. */
const AGAIN_MS = 60_000;
const MOST_REASONS = 20;

/** Tells of what fails again and again: each reason when it begins and once in a while, and when all of it is over. */
export interface Troubles {
  failed(who: string, error: unknown): void;
  worked(who: string): void;
}

/** @param texts what is said while it lasts, and when it is over */
export function troubles(
  { log, clock }: { readonly log: Log; readonly clock: Pick<Clock, 'now'> },
  texts: { readonly lasts: string; readonly over: string },
): Troubles {
  const troubled = new Set<string>();
  const toldAt = new Map<string, number>();
  let told = false;
  return {
    failed(who, error) {
      troubled.add(who);
      // The same but for a count, an id or a time is the same.
      const reason = reasonOf(error).replaceAll(/\d+/g, '#');
      const nowMs = millisecondsOf(clock.now());
      if (nowMs - (toldAt.get(reason) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
      if (toldAt.size >= MOST_REASONS) toldAt.clear();
      toldAt.set(reason, nowMs);
      told = true;
      log.warn({ who: [...troubled], err: error }, texts.lasts);
    },
    worked(who) {
      if (!troubled.delete(who) || troubled.size > 0 || !told) return;
      told = false;
      log.info({}, texts.over);
    },
  };
}
