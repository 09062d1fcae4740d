import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';

/** Whoever sends many is told of once in this time: nobody fills the log who has no secret. */
const TOLD_EVERY_MS = 60_000;

/** What bore a signature and was refused before it was read. */
export interface UnreadNotice {
  /** Why: 413 for a body that is too long, 415 for one in an encoding. */
  readonly status: number;
  readonly address: string | undefined;
  /** As long as whoever sent it says it is; undefined where that is not said. */
  readonly bytes: number | undefined;
}

export interface UnreadNotices {
  note(notice: UnreadNotice): void;
  /** Since the start, by why. */
  counts(): ReadonlyMap<number, number>;
}

/**
 * Whether such a signature is true nobody can say, because it is over all of the body, so that nothing of it may be recorded.
 * It must not be lost in silence either: it is counted, and the log tells of it.
 */
export function unreadNotices({ log, clock }: { readonly log: Log; readonly clock: Clock }): UnreadNotices {
  const counts = new Map<number, number>();
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return {
    note({ status, address, bytes }) {
      counts.set(status, (counts.get(status) ?? 0) + 1);
      const nowMs = millisecondsOf(clock.now());
      untold += 1;
      if (nowMs - toldAtMs < TOLD_EVERY_MS) return;
      log.warn(
        { status, address, bytes, notices: untold },
        'notices with a signature were refused unread: if they are the payment provider’s, ask it what they said',
      );
      [toldAtMs, untold] = [nowMs, 0];
    },
    counts: () => counts,
  };
}
