import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** The machine's clock; `pass` lets time pass at once, as it does while a machine is down. */
export interface MachineClock extends Clock {
  pass(milliseconds: number): void;
}

export function machineClockOf(system: Clock): MachineClock {
  let ahead = 0;
  return {
    now: () => later(system.now(), ahead),
    at: (moment, due) => system.at(later(moment, -ahead), due),
    pass(milliseconds) {
      ahead += milliseconds;
    },
  };
}
