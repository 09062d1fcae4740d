import { type Instant, instant } from '#domain/kernel/instant.ts';

/** The machine's wall clock. It is asked several times for every command, and a moment is written out once. */
export function wallClock(): () => Instant {
  let lastMs = Number.NaN;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = instant(nowMs);
    }
    return text;
  };
}
