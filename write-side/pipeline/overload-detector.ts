/** Whether more want to come in than can be served, or only many at the same moment. */
export interface OverloadDetector {
  /** Milliseconds of the machine's clock. */
  isOn(nowMs: number): boolean;
  cameIn(nowMs: number): void;
  refused(nowMs: number): void;
}

/** So long those who come are counted before it is judged how many of them were refused. */
const WINDOW_MS = 500;
/** It is a flood while more than this share is refused; */
const FLOOD_SHARE = 2 / 3;
/** and so many at once need not be counted to the end of the window. */
const EVIDENT_REFUSALS = 100;

/**
 * Counts people and not time: a thread that is held up for a moment lets nobody in and refuses nobody. A tenth of a second
 * in which nothing moves makes a burst, but not out of a third of all who come in half a second.
 */
export function overloadDetector(): OverloadDetector {
  let beganAtMs = Number.NEGATIVE_INFINITY;
  let came = 0;
  let refused = 0;
  let isFlood = false;
  const areMostRefused = (): boolean => refused > FLOOD_SHARE * came;

  function count(nowMs: number): void {
    const passed = nowMs - beganAtMs;
    // A clock that was set back ends the window, too.
    if (passed >= 0 && passed < WINDOW_MS) return;
    isFlood = passed < 2 * WINDOW_MS && areMostRefused();
    beganAtMs = nowMs;
    came = 0;
    refused = 0;
  }

  return {
    isOn(nowMs) {
      count(nowMs);
      return isFlood;
    },
    cameIn(nowMs) {
      count(nowMs);
      came += 1;
    },
    refused(nowMs) {
      count(nowMs);
      came += 1;
      refused += 1;
      if (refused >= EVIDENT_REFUSALS && areMostRefused()) isFlood = true;
    },
  };
}
