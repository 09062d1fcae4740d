import { setTimeout as pause } from 'node:timers/promises';
import type { Watched } from '../../standing.ts';

/** Between two questions whether it is still there, in milliseconds, where nobody else is answered meanwhile. */
const STEADY_MS = 1_000;
/** Between two questions whether it is there again. */
const PAUSE_MS = 250;
/** The same where it answers, and lets us not in: servers count those who try in vain. */
const REFUSED_PAUSE_MS = 2_000;

export interface PresenceOptions {
  /** Asks it for anything, within seconds. */
  readonly ping: () => Promise<unknown>;
  /** Is told once it answers again, whoever has found that out. */
  readonly engine: Pick<Watched, 'answered'>;
  /** Is told what the question has failed with, and says whether the server is lost. */
  readonly failed: (error: unknown) => void;
}

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
 * Whether a server answers, by a question of its own at a steady pace: a process of which nobody wants anything would find out by the
 * first who does. While it does not, the question asks on, and whoever would only read is told at once: a command reads
 * snapshots that it can do without, and does not wait for them again and again.
 */
export function presenceOf({ ping, engine, failed }: PresenceOptions): Presence {
  const closed = new AbortController();
  let away: Error | undefined;
  let pauseMs = PAUSE_MS;
  /** Somebody was answered since the last question. */
  let heard = false;
  let hurry = new AbortController();

  function found(): void {
    heard = true;
    if (away === undefined) return;
    away = undefined;
    engine.answered();
  }

  async function ask(): Promise<void> {
    try {
      await ping();
    } catch (error) {
      // While it is away, that is known; and one that is slow with this, and answers others, is there.
      if (away === undefined && !heard && !closed.signal.aborted) failed(error);
      return;
    }
    if (away === undefined) engine.answered('reads');
    else found();
  }

  async function askOn(): Promise<void> {
    while (!closed.signal.aborted) {
      heard = false;
      hurry = new AbortController();
      const signal = AbortSignal.any([closed.signal, hurry.signal]);
      await pause(away === undefined ? STEADY_MS : pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || (away === undefined && heard)) continue;
      await ask();
    }
  }

  void askOn();
  return {
    away: () => away,
    lost(error, why) {
      pauseMs = why === 'refused' ? REFUSED_PAUSE_MS : PAUSE_MS;
      const isNew = away === undefined;
      away = error;
      if (isNew) hurry.abort();
    },
    found,
    close() {
      away = undefined;
      closed.abort();
    },
  };
}
