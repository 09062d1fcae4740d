import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { wallClock } from './wall.ts';

/**
 * The longest single wait, in milliseconds. Node cannot wait longer than 2^31 - 1 ms at once, and its timers count a
 * time that stands still while a machine sleeps: looking at the wall clock every few seconds bounds how late a moment is met
 * when that clock is set forward.
 */
const LONGEST_WAIT_MS = 5_000;

/** The machine's clock. A wait that is not cancelled keeps the process alive. */
export function systemClock(): Clock {
  return {
    now: wallClock(),
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
