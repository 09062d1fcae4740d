import type { Log } from '#domain/kernel/ports/log.ts';
import { type RunningViews, startViews } from '#projections/runtime/views.ts';
import { views } from './contexts.ts';
import type { Engines } from './engines.ts';

/** Longer than a build may be nobody's while it changes hands between processes, in milliseconds. */
const CHANGES_HANDS_MS = 30_000;

/** Advances every view. @param isShared whether other processes may advance the same */
export const projections = (
  { consume, readStore, machineClock }: Pick<Engines, 'consume' | 'readStore' | 'machineClock'>,
  log: Log,
  isShared = false,
): Promise<RunningViews> =>
  startViews({
    views,
    consume,
    readStore,
    clock: machineClock,
    leftAfterMs: isShared ? CHANGES_HANDS_MS : 0,
    onProblem: (view, error) => log.error({ view, err: error }, 'a view cannot be looked after'),
  });
