import { BEGINNING } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { RunningViews } from '#projections/runtime/views.ts';
import { pause } from '#runtime/pause.ts';
import { countOf } from '../count.ts';
import type { CommonEngines } from '../engines.ts';
import { healthOf } from '../health.ts';
import { projections } from '../projections.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** How long a stop waits for those who follow to be told of the last that was recorded, in milliseconds, and how often it looks. */
const TELLING_MS = 1_000;
const LOOK_MS = 5;

/**
 * Resolves when all that is recorded has been folded here, or after a while. Views and feeds are told by one tail of the history, and
 * a fold takes longer than an item on its way out.
 */
async function toldToAll({ store, machineClock }: CommonEngines, views: RunningViews): Promise<void> {
  const until = later(machineClock.now(), TELLING_MS);
  // A history that cannot be read has nothing more to tell.
  const head = await store.head().catch(() => BEGINNING);
  while (
    views.status().some(({ state, position }) => state === 'live' && position < head) &&
    machineClock.now() < until
  )
    await pause(machineClock, LOOK_MS);
}

/** Advances the views. */
export async function projectionsRole({
  engines,
  log,
}: Surroundings): Promise<RunningRole & Pick<RunningViews, 'reader'>> {
  const { consume, isShared, leave } = engines.workOf('projections');
  const views = await projections({ ...engines, consume }, log, isShared);
  const { reader, status } = views;
  return {
    reader,
    consumers: status,
    health: () => ({ projections: healthOf(status()) }),
    measured: { noticesWaiting: () => countOf(reader, 'notices', { status: 'waiting' }) },
    caughtUp: views.reachedHere,
    tell: () => toldToAll(engines, views),
    async stop() {
      await leave();
      await views.stop();
    },
  };
}
