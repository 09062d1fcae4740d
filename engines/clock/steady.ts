import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { wallClock } from './wall.ts';

/** Node cannot wait longer than 2^31 - 1 milliseconds at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * For whoever waits a while: pauses, polling, renewals of leases. `now` is the machine's wall clock, which other processes
 * share; a wait lasts as long as it is from now to the moment, whatever that clock is set to meanwhile. By the wall clock
 * alone, a pause of a second would last an hour when somebody sets it back by one.
 */
export function steadyClock(): Clock {
  return {
    now: wallClock(),
    at(moment, due) {
      const dueAt = performance.now() + Math.max(0, millisecondsOf(moment) - Date.now());
      let timer: NodeJS.Timeout;
      const wait = () => {
        timer = setTimeout(
          check,
          Math.min(Math.max(0, Math.ceil(dueAt - performance.now())), LONGEST_WAIT_MS),
        );
      };
      // A timeout may come a millisecond before its time.
      const check = () => (performance.now() >= dueAt ? due() : wait());
      wait();
      return () => clearTimeout(timer);
    },
  };
}
