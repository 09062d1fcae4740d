import { setTimeout as pause } from 'node:timers/promises';

/** Between two questions whether it is there again, in milliseconds. */
const PAUSE_MS = 250;

export interface Presence {
  /** What it failed with when it was last asked; undefined: it answers. */
  away(): Error | undefined;
  lost(error: Error): void;
  /** It answers, or nobody asks any more. */
  found(): void;
}

/**
 * Whether a server answers. While it does not, one question asks on, and whoever would only read is told at once: a command
 * reads snapshots that it can do without, and does not wait for them again and again.
 */
export function presenceOf(ping: () => Promise<unknown>): Presence {
  let away: Error | undefined;
  let asking = false;

  async function askOn(): Promise<void> {
    asking = true;
    while (away !== undefined) {
      await pause(PAUSE_MS);
      await ping().then(
        () => {
          away = undefined;
        },
        // It is asked again.
        () => undefined,
      );
    }
    asking = false;
  }

  return {
    away: () => away,
    lost(error) {
      away = error;
      if (!asking) void askOn();
    },
    found() {
      away = undefined;
    },
  };
}
