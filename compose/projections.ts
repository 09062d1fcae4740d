import type { Log } from '#domain/kernel/ports/log.ts';
import { type RunningViews, startViews } from '#projections/runtime/views.ts';
import { troubles } from '#runtime/troubles.ts';
import { views } from './contexts.ts';
import type { Engines } from './engines.ts';

/** So long a build is nobody's before it counts as left, where it may change hands, in milliseconds: more than a lease and a look. */
const LEFT_AFTER_MS = 15_000;

/** Advances every view. @param isShared whether other processes may advance the same */
export const projections = (
  { consume, readStore, machineClock }: Pick<Engines, 'consume' | 'readStore' | 'machineClock'>,
  log: Log,
  isShared = false,
): Promise<RunningViews> => {
  const { failed, worked } = troubles(
    { log, clock: machineClock },
    { lasts: 'views cannot be looked after', over: 'views are looked after again' },
  );
  return startViews({
    views,
    consume,
    readStore,
    clock: machineClock,
    leftAfterMs: isShared ? LEFT_AFTER_MS : 0,
    onProblem: failed,
    onWell: worked,
    onReplaced: (view, why) => log.warn({ view }, why),
  });
};
