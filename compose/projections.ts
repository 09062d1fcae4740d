import type { Log } from '#domain/kernel/ports/log.ts';
import { type RunningViews, startViews } from '#projections/runtime/views.ts';
import { views } from './contexts.ts';
import type { Engines } from './engines.ts';

/** So long a build is nobody's before it counts as left, where it may change hands, in milliseconds: more than a lease and a look. */
const LEFT_AFTER_MS = 15_000;

/** Advances every view. */
export const projections = (
  { consume, readStore, machineClock, sharing }: Engines,
  log: Log,
): Promise<RunningViews> =>
  startViews({
    ...(sharing && { leftAfterMs: LEFT_AFTER_MS }),
    views,
    consume,
    readStore,
    clock: machineClock,
    onProblem: (view, error) => log.error({ view, err: error }, 'a view cannot be looked after'),
  });
