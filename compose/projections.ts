import type { Log } from '#domain/kernel/ports/log.ts';
import { type RunningViews, startViews } from '#projections/runtime/views.ts';
import { views } from './contexts.ts';
import type { Engines } from './engines.ts';

/** Advances every view. */
export const projections = ({ consume, readStore, machineClock }: Engines, log: Log): Promise<RunningViews> =>
  startViews({
    views,
    consume,
    readStore,
    clock: machineClock,
    onProblem: (view, error) => log.error({ view, err: error }, 'a view cannot be looked after'),
  });
