import { v7 } from 'uuid';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';

/** RFC 9562 leaves 12 + 20 bits beside the time that `uuid` uses as a sequence. */
const SEQUENCE_END = 2 ** 32;
/** A fresh millisecond begins in the lower half, which leaves room for two thousand million ids in it. */
const SEQUENCE_START_END = 2 ** 31;

/** Random bits of one id, taken from a pool: asking the system for a handful at a time costs more than using them. */
const RANDOM_BYTES = 16;
const POOL_BYTES = 256 * RANDOM_BYTES;

function pooledRandom(): () => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return () => {
    if (used === POOL_BYTES) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    used += RANDOM_BYTES;
    // A copy, because whoever makes the id may write its version into the bits.
    return pool.slice(used - RANDOM_BYTES, used);
  };
}

/**
 * Fresh UUIDv7s in the clock's time. Each is greater than the one before, also within a millisecond and when the clock
 * goes back, so that ids of one process sort in the order they were made.
 */
export function newIds({ clock }: { readonly clock: Pick<Clock, 'now'> }): NewId {
  const words = new Uint32Array(1);
  const nextRandom = pooledRandom();
  let lastMs = -1;
  let sequence = 0;
  let now = '';
  let nowMs = -1;
  return () => {
    const text = clock.now();
    // Several ids of one millisecond are the rule.
    if (text !== now) {
      now = text;
      nowMs = millisecondsOf(text);
    }
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
    return v7({ msecs: lastMs, seq: sequence, random: nextRandom() });
  };
}
