import { instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/**
 * The longest single wait, in milliseconds. Node cannot wait longer than 2^31 - 1 ms at once, and its timers count a
 * time that stands still while a machine sleeps: looking at the wall clock every minute bounds how late a moment is met.
 */
const LONGEST_WAIT_MS = 60_000;

/** The machine's clock. A wait that is not cancelled keeps the process alive. */
export function systemClock(): Clock {
  let lastMs = Number.NaN;
  let text = '';
  return {
    now() {
      const nowMs = Date.now();
      // Asked several times for every command: a moment is written out once.
      if (nowMs !== lastMs) {
        lastMs = nowMs;
        text = instant(nowMs);
      }
      return text;
    },
    at(moment, due) {
      const dueMs = millisecondsOf(moment);
      let timer: NodeJS.Timeout;
      const wait = () => {
        timer = setTimeout(check, Math.min(Math.max(0, dueMs - Date.now()), LONGEST_WAIT_MS));
      };
      // A timeout may come a millisecond before its time, and the wall clock may have been set back.
      const check = () => (Date.now() >= dueMs ? due() : wait());
      wait();
      return () => clearTimeout(timer);
    },
  };
}
