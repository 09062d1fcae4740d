import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';
import { consumerLimits } from './limits.ts';

interface Waiter {
  readonly position: Position;
  settle(reached: boolean): void;
}

/** How far a consumer has come, and who waits for it to come further. */
export interface Progress {
  readonly position: Position;
  /** What stands in the read store now, which after another owner's turn may be anything. */
  moveTo(position: Position): void;
  /** @throws RejectedError with `overloaded` when too many wait. */
  reached(position: Position, timeoutMs: number): Promise<boolean>;
  /** Nobody waits any longer: the consumer has ended. */
  end(): void;
}

export function progressOf(clock: Clock): Progress {
  let current = BEGINNING;
  let ended = false;
  const waiters = new Set<Waiter>();
  return {
    get position() {
      return current;
    },
    moveTo(position) {
      current = position;
      for (const waiter of waiters) if (waiter.position <= position) waiter.settle(true);
    },
    reached(position, timeoutMs) {
      if (current >= position) return Promise.resolve(true);
      if (ended) return Promise.resolve(false);
      if (waiters.size >= consumerLimits.waiting)
        return Promise.reject(new RejectedError(Overloaded({ retryAfterMs: consumerLimits.longestPauseMs })));
      return new Promise((resolve) => {
        const waiter: Waiter = {
          position,
          settle(reached) {
            cancel();
            waiters.delete(waiter);
            resolve(reached);
          },
        };
        const cancel = clock.at(later(clock.now(), timeoutMs), () => waiter.settle(false));
        waiters.add(waiter);
      });
    },
    end() {
      ended = true;
      for (const waiter of waiters) waiter.settle(false);
    },
  };
}
