import { type Instant, instant } from '#domain/kernel/instant.ts';

/** How often the wall clock is compared with the time that nobody sets, in milliseconds. */
const LOOK_MS = 1_000;
/** A clock that is kept in time by slewing drifts by less between two looks, in milliseconds. */
const TOLERATED_MS = 1_000;

/** The wall clock was set, or the machine has slept. */
export interface ClockJump {
  /** What the clock said when it was noticed. */
  readonly at: Instant;
  /** By how many milliseconds it went on more than time did; negative: it was set back. */
  readonly byMs: number;
}

/** How an operator reads it: `the clock was set back by 3600 s`. */
export const jumpText = ({ byMs }: Pick<ClockJump, 'byMs'>): string =>
  `the clock was set ${byMs < 0 ? 'back' : 'forward'} by ${Math.round(Math.abs(byMs) / 1_000)} s`;

export interface JumpWatch {
  /** The last one that was noticed. */
  last(): ClockJump | undefined;
  stop(): void;
}

/** Tells when the wall clock jumps. Watching does not keep the process alive. */
export function watchJumps(told: (jump: ClockJump) => void): JumpWatch {
  const ahead = (): number => Date.now() - performance.now();
  let before = ahead();
  let last: ClockJump | undefined;
  const timer = setInterval(() => {
    const now = ahead();
    const byMs = Math.round(now - before);
    before = now;
    if (Math.abs(byMs) < TOLERATED_MS) return;
    last = { at: instant(Date.now()), byMs };
    told(last);
  }, LOOK_MS);
  timer.unref();
  return { last: () => last, stop: () => clearInterval(timer) };
}
