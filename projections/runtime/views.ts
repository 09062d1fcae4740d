import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Consume, Consumer, ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { ViewReader } from '#domain/kernel/ports/views.ts';
import { doubled, pause } from '#runtime/pause.ts';
import type { View } from '../view.ts';
import {
  type Build,
  type Builds,
  beginFilling,
  buildsOfAll,
  changeBuilds,
  consumerOf,
  dropBuild,
  dropReplaced,
  isKnown,
  sameBuild,
  specOf,
  switchTo,
  type ViewStores,
} from './builds.ts';
import { viewHandler } from './handler.ts';
import { viewReader } from './reader.ts';

export interface ViewsOptions {
  readonly views: readonly View[];
  readonly consume: Consume;
  readonly readStore: ViewStores;
  readonly clock: Clock;
  /** How long a read waits for its position, in milliseconds. Default 5,000. */
  readonly waitMs?: number;
  /** How often it is looked whether another build is to be advanced, in milliseconds. Default 250. */
  readonly lookMs?: number;
  /**
   * So long nobody advances a build before it counts as left by whoever began it, in milliseconds: where processes share the work, a
   * build is nobody's for a moment whenever it changes hands. Default 0: no other process advances these views.
   */
  readonly leftAfterMs?: number;
  /** Told when looking fails; it is tried again after pauses that grow. */
  readonly onProblem?: (view: string, error: unknown) => void;
  /** Told when it was looked at without one. */
  readonly onWell?: (view: string) => void;
  /** Told of a live build that other code has left behind, when it is replaced. */
  readonly onReplaced?: (view: string, why: string) => void;
}

export interface RunningViews {
  readonly reader: ViewReader;
  /** Of each consumer at work here: the live build of every view, or what is filled beside it; and of each view that should have one. */
  status(): readonly ConsumerStatus[];
  /** Whether, within the time, each that is advanced here holds the history up to the position; another process advances the others. */
  reachedHere(position: Position, timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Advances every view: its live build or, when its version is new, the one that will replace it. */
export async function startViews(options: ViewsOptions): Promise<RunningViews> {
  const { views, readStore, clock, waitMs } = options;
  const stopped = new AbortController();
  const running = await Promise.all(
    views.map(async (view) => {
      const one = new RunningView(view, options);
      await one.start();
      return one;
    }),
  );
  const looking = lookOn(running, options, stopped.signal);
  const consumers = () => running.flatMap((one) => (one.consumer === undefined ? [] : [one.consumer]));
  return {
    reader: viewReader({
      views,
      readStore,
      clock,
      ...(waitMs !== undefined && { waitMs }),
      running: (name) => consumers().find((consumer) => consumer.name === name),
    }),
    status: () => running.flatMap((one) => one.status()),
    async reachedHere(position, timeoutMs) {
      const all = await Promise.all(consumers().map((consumer) => consumer.reachedHere(position, timeoutMs)));
      return !all.includes(false);
    },
    async stop() {
      stopped.abort();
      await looking;
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}

/** Between two looks, in milliseconds. */
const LOOK_MS = 250;
/** Between two looks of a view that fail. */
const LONGEST_LOOK_MS = 5_000;

/** Looks again and again, for all views by one question: an engine that is far away is asked four times in a second, however many there are. */
async function lookOn(
  running: readonly RunningView[],
  { readStore, clock, lookMs = LOOK_MS }: ViewsOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(clock, lookMs, signal);
    if (signal.aborted) return;
    const due = running.filter((one) => one.isDue());
    if (due.length === 0) continue;
    const builds = buildsOfAll(readStore.settings);
    for (const one of due) one.look(builds);
    await builds.catch(() => undefined);
  }
}

/** One view in this process: which build it advances, and when that changes. */
class RunningView {
  readonly #view: View;
  readonly #options: ViewsOptions;
  #build: Build | undefined;
  #consumer: Consumer | undefined;
  /** Looks that are still passed over, and how many have failed in a row. */
  #passed = 0;
  #failures = 0;
  /** Why it advances no build though it should. */
  #problem: string | undefined;
  #looking: Promise<void> | undefined;
  /** Builds of others that nobody advances, and since when. */
  readonly #idleSinceMs = new Map<string, number>();

  constructor(view: View, options: ViewsOptions) {
    this.#view = view;
    this.#options = options;
  }

  get consumer(): Consumer | undefined {
    return this.#consumer;
  }

  status(): readonly ConsumerStatus[] {
    const problem = this.#problem;
    if (problem === undefined) return this.#consumer === undefined ? [] : [this.#consumer.status()];
    const name = `view:${this.#view.name}`;
    return [{ name, state: 'stopped', position: BEGINNING, parkedKeys: 0, handled: 0, held: [], problem }];
  }

  async start(): Promise<void> {
    const { readStore, clock, leftAfterMs = 0 } = this.#options;
    const { name, version } = this.#view;
    const held = await heldConsumers(readStore.consumers, clock);
    // Among others it takes a while to tell whether one is at work on it.
    const builds = await changeBuilds(readStore.settings, name, (before) =>
      atStart(before, version, (build) => leftAfterMs > 0 || held.has(consumerOf(name, build))),
    );
    await this.#advance(builds.live?.version === version ? builds.live : builds.filling);
    await this.#drop();
  }

  /** Whether it looks now: not while a look is still under way, and behind looks that failed only after pauses that grow. */
  isDue(): boolean {
    if (this.#looking !== undefined) return false;
    this.#passed -= 1;
    return this.#passed < 0;
  }

  look(builds: Promise<(view: string) => Builds>): void {
    this.#passed = 0;
    const { lookMs = LOOK_MS, onProblem, onWell } = this.#options;
    const { name } = this.#view;
    const look = async (): Promise<void> => {
      try {
        await this.#follow((await builds)(name));
        this.#failures = 0;
        onWell?.(name);
      } catch (error) {
        this.#failures += 1;
        const pauseMs = doubled(this.#failures + 1, lookMs, Math.max(lookMs, LONGEST_LOOK_MS));
        this.#passed = Math.round(pauseMs / lookMs) - 1;
        onProblem?.(name, error);
      }
    };
    this.#looking = look().finally(() => {
      this.#looking = undefined;
    });
  }

  async stop(): Promise<void> {
    await this.#looking;
    await this.#consumer?.stop();
  }

  /** Switches to what has caught up, and follows a switch that another process has made. */
  async #follow(builds: Builds): Promise<void> {
    const { readStore } = this.#options;
    const { name, version } = this.#view;
    const mine = this.#build;
    if (builds.live === undefined) return this.#beginAnew(mine);
    // Whoever advanced it until now may have been killed.
    if (builds.replaced.length > 0) await this.#drop();
    if (mine !== undefined && sameBuild(builds.filling, mine)) {
      if (this.#consumer?.status().state === 'live' && (await switchTo(readStore.settings, name, mine)))
        await this.#drop();
      return;
    }
    if (sameBuild(builds.live, mine)) return this.#giveUpWhatIsLeft(builds.filling);
    const wanted = builds.live?.version === version ? builds.live : await this.#insteadOf(builds.live);
    await this.#advance(wanted);
    await this.#drop();
    // Dropped by another process while this one still began to advance it.
    if (mine !== undefined && !isKnown(builds, mine)) await dropBuild(readStore, name, mine);
  }

  /**
   * Every view has a live build from its first start on: what was in the read store has been removed beneath it. It is filled anew under a
   * number that is not the one before, so that whatever still ends of that one, here or elsewhere, is in nobody's way.
   */
  async #beginAnew(before: Build | undefined): Promise<void> {
    const { readStore, onProblem } = this.#options;
    const { name, version } = this.#view;
    this.#problem = 'what it held is gone from the read store, and it is not yet filled anew';
    onProblem?.(name, new Error('what it held is gone from the read store: it is filled anew'));
    const builds = await changeBuilds(readStore.settings, name, (there) =>
      there.live === undefined
        ? atStart({ ...there, last: Math.max(there.last, before?.number ?? 0) }, version, () => true)
        : undefined,
    );
    await this.#advance(builds.live?.version === version ? builds.live : undefined);
    if (before !== undefined && !isKnown(builds, before)) await dropBuild(readStore, name, before);
  }

  /** A rebuild of this version that nobody works on any more: at a start it is given up at once, where no others are at work. */
  async #giveUpWhatIsLeft(filling: Build | undefined): Promise<void> {
    const { readStore, leftAfterMs = 0 } = this.#options;
    const { name, version } = this.#view;
    if (filling === undefined || leftAfterMs === 0 || !(await this.#isLeft(filling))) return;
    await changeBuilds(readStore.settings, name, (before) =>
      sameBuild(before.filling, filling) ? atStart(before, version, () => false) : undefined,
    );
  }

  /** Whether nobody has advanced the build for as long as it may take to change hands. */
  async #isLeft(build: Build): Promise<boolean> {
    const { readStore, clock, leftAfterMs = 0 } = this.#options;
    const consumer = consumerOf(this.#view.name, build);
    if ((await heldConsumers(readStore.consumers, clock)).has(consumer)) {
      this.#idleSinceMs.delete(consumer);
      return false;
    }
    const now = millisecondsOf(clock.now());
    const since = this.#idleSinceMs.get(consumer) ?? now;
    this.#idleSinceMs.set(consumer, since);
    return now - since >= leftAfterMs;
  }

  /**
   * A live build of another version is its process's to advance, and ours is not wanted any more. One that nobody advances was left
   * by a rebuild with other code: it would stand still for ever, so this code's is filled in its place.
   */
  async #insteadOf(live: Build | undefined): Promise<Build | undefined> {
    const { readStore, clock, onReplaced } = this.#options;
    const { name, version } = this.#view;
    if (live === undefined || !(await this.#isLeft(live))) return undefined;
    const held = await heldConsumers(readStore.consumers, clock);
    const told = `its live build is of version ${live.version}, which nobody advances: version ${version} is filled instead`;
    onReplaced?.(name, told);
    const builds = await changeBuilds(readStore.settings, name, (before) =>
      sameBuild(before.live, live)
        ? atStart(before, version, (build) => held.has(consumerOf(name, build)))
        : undefined,
    );
    return builds.filling?.version === version ? builds.filling : undefined;
  }

  async #advance(build: Build | undefined): Promise<void> {
    const { readStore, consume } = this.#options;
    await this.#consumer?.stop();
    this.#consumer = undefined;
    this.#build = undefined;
    if (build !== undefined)
      try {
        await readStore.documents.declare(specOf(this.#view, build));
        this.#consumer = await consume(viewHandler(this.#view, build, readStore.documents));
      } catch (error) {
        this.#problem = String(error);
        throw error;
      }
    // Not before: what could not be begun is begun again by the next look.
    this.#build = build;
    this.#problem = undefined;
  }

  /** What nobody advances any more is dropped; a build that another process still holds is left to it. */
  async #drop(): Promise<void> {
    const { readStore, clock } = this.#options;
    const { name } = this.#view;
    const held = await heldConsumers(readStore.consumers, clock);
    await dropReplaced(readStore, name, async (build) => !held.has(consumerOf(name, build)));
  }
}

/** The consumers that somebody runs at this moment. */
export async function heldConsumers(
  consumers: Pick<ConsumerStore, 'all'>,
  clock: Clock,
): Promise<ReadonlySet<string>> {
  const now = millisecondsOf(clock.now());
  const all = await consumers.all();
  return new Set(
    all
      .filter(({ owner, leasedUntilMs }) => owner !== undefined && leasedUntilMs > now)
      .map(({ consumer }) => consumer),
  );
}

/** The first build of a view is live at once, because there is nothing else to read; a later version waits its turn. */
export function atStart(
  builds: Builds,
  version: number,
  isHeld: (build: Build) => boolean,
): Builds | undefined {
  const { live, filling } = builds;
  if (live === undefined)
    return { ...builds, live: { version, number: builds.last + 1 }, last: builds.last + 1 };
  if (live.version !== version)
    return filling?.version === version ? undefined : beginFilling(builds, version);
  // What is being filled for this version is a rebuild: one that nobody works on was left behind.
  if (filling === undefined || isHeld(filling)) return undefined;
  const { live: kept, last, replaced } = builds;
  return { ...(kept && { live: kept }), last, replaced: [...replaced, filling] };
}
