import { v7 } from 'uuid';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';

/** RFC 9562 leaves 12 + 20 bits beside the time that `uuid` uses as a sequence. */
const SEQUENCE_END = 2 ** 32;
/** A fresh millisecond begins in the lower half, which leaves room for two thousand million ids in it. */
const SEQUENCE_START_END = 2 ** 31;

/**
 * Fresh UUIDv7s in the clock's time. Each is greater than the one before, also within a millisecond and when the clock
 * goes back, so that ids of one process sort in the order they were made.
 */
export function newIds({ clock }: { readonly clock: Pick<Clock, 'now'> }): NewId {
  const words = new Uint32Array(1);
  let lastMs = -1;
  let sequence = 0;
  return () => {
    const nowMs = millisecondsOf(clock.now());
    if (nowMs > lastMs) {
      lastMs = nowMs;
      sequence = (crypto.getRandomValues(words)[0] ?? 0) % SEQUENCE_START_END;
    } else {
      sequence += 1;
      if (sequence >= SEQUENCE_END) {
        lastMs += 1;
        sequence = 0;
      }
    }
    return v7({ msecs: lastMs, seq: sequence });
  };
}
