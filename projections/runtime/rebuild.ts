import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { pause } from '#runtime/pause.ts';
import type { View } from '../view.ts';
import {
  beginFilling,
  buildsOf,
  changeBuilds,
  consumerOf,
  dropReplaced,
  sameBuild,
  specOf,
  switchTo,
  type ViewStores,
} from './builds.ts';
import { viewHandler } from './handler.ts';
import { heldConsumers } from './views.ts';

/** How far long work has come. Positions have gaps: `done` and `head` are a measure, not a count. */
export interface Progress {
  /** Events handled so far. */
  readonly events: number;
  readonly done: Position;
  readonly head: Position;
}

export interface RebuildOptions {
  readonly view: View;
  readonly consume: Consume;
  readonly readStore: ViewStores;
  readonly store: Pick<EventStore, 'head'>;
  readonly clock: Clock;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** How often it is looked whether the new build has caught up, in milliseconds; sooner once it has come to where the head was. */
const LOOK_MS = 50;
const CLOSE_MS = 5;

/** The rebuild cannot end well; the live build is as it was. */
export class RebuildError extends Error {
  constructor(view: string, problem: string) {
    super(`the rebuild of ${view} ended: ${problem}`);
    this.name = 'RebuildError';
  }
}

/**
 * Fills a new build of a view beside the live one and puts it in its place when it has caught up. Whoever advances the
 * view goes on with the new build; readers see no gap. Any process may do it that can read the history.
 * @throws RebuildError
 */
export async function rebuildView(options: RebuildOptions): Promise<{ readonly events: number }> {
  const { view, consume, readStore, store, clock, onProgress } = options;
  const { documents, consumers, settings } = readStore;
  const signal = options.signal ?? new AbortController().signal;
  const builds = await changeBuilds(settings, view.name, (before) => beginFilling(before, view.version));
  const build = builds.filling;
  if (build === undefined) throw new RebuildError(view.name, 'its build is gone');
  await documents.declare(specOf(view, build));
  const consumer = await consume(viewHandler(view, build, documents));
  try {
    for (;;) {
      const { state, position, handled, problem } = consumer.status();
      const head = await store.head();
      onProgress?.({ events: handled, done: position, head });
      if (state === 'stopped' || state === 'newer-event') throw new RebuildError(view.name, problem ?? state);
      if (signal.aborted) throw new RebuildError(view.name, 'it was interrupted');
      if (state === 'live' && (await switchTo(settings, view.name, build))) return { events: handled };
      if (!sameBuild((await buildsOf(settings, view.name)).filling, build))
        throw new RebuildError(view.name, 'another one has begun');
      if (await consumer.reached(head, LOOK_MS)) await pause(clock, CLOSE_MS, signal);
    }
  } catch (error) {
    await changeBuilds(settings, view.name, (now) => {
      if (!sameBuild(now.filling, build)) return undefined;
      const { filling: _, ...rest } = now;
      return { ...rest, replaced: [...now.replaced, build] };
    });
    throw error;
  } finally {
    await consumer.stop();
    const held = await heldConsumers(consumers, clock);
    await dropReplaced(readStore, view.name, async (it) => !held.has(consumerOf(view.name, it)));
  }
}

/** Where the live build of a view stands; the beginning when there is none. */
export async function liveCheckpoint(
  { consumers, settings }: Omit<ViewStores, 'documents'>,
  view: string,
): Promise<Position> {
  const { live } = await buildsOf(settings, view);
  return (live && (await consumers.checkpoint(consumerOf(view, live)))) ?? BEGINNING;
}
