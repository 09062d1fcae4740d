import { setTimeout as pause } from 'node:timers/promises';
import type { Watched } from '../../standing.ts';

/** Between two questions whether it is there again, in milliseconds. */
const PAUSE_MS = 250;
/** The same where it answers, and lets us not in: servers count those who try in vain. */
const REFUSED_PAUSE_MS = 2_000;

export interface Presence {
  /** What it failed with when it was last asked; undefined: it answers. */
  away(): Error | undefined;
  lost(error: Error, why: 'absent' | 'refused'): void;
  /** It answers. */
  found(): void;
  /** Nobody asks any more. */
  close(): void;
}

/**
 * Whether a server answers. While it does not, one question asks on, and whoever would only read is told at once: a command
 * reads snapshots that it can do without, and does not wait for them again and again.
 *
 * @param engine is told once it answers again, whoever has found that out
 */
export function presenceOf(ping: () => Promise<unknown>, engine: Pick<Watched, 'answered'>): Presence {
  let away: Error | undefined;
  let pauseMs = PAUSE_MS;
  let asking = false;

  function found(): void {
    if (away === undefined) return;
    away = undefined;
    engine.answered();
  }

  async function askOn(): Promise<void> {
    asking = true;
    while (away !== undefined) {
      await pause(pauseMs);
      // It may have been found, or given up, meanwhile.
      if (away === undefined) break;
      // It is asked again.
      await ping().then(found, () => undefined);
    }
    asking = false;
  }

  return {
    away: () => away,
    lost(error, why) {
      away = error;
      pauseMs = why === 'refused' ? REFUSED_PAUSE_MS : PAUSE_MS;
      if (!asking) void askOn();
    },
    found,
    close() {
      away = undefined;
    },
  };
}
