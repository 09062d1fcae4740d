import type { Position } from '#domain/kernel/envelope.ts';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import { BusError } from '#domain/kernel/ports/bus.ts';
import type { Consumer } from '#domain/kernel/ports/consumer.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { PUBLISHER, publisher } from '#projections/publishing/publisher.ts';
import { topicsOf } from '#projections/publishing/topics.ts';
import { pause } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { watchClaim, whenHad } from '#runtime/topic-claim.ts';
import { registry } from './contexts.ts';
import type { ProcessEngines } from './engines.ts';
import { notBegun } from './not-begun.ts';
import type { Work } from './work.ts';

/** Between two looks whether it has begun. */
const LOOK_MS = 20;

/** Whoever tells the topics, through all that becomes of the bus. */
export interface PublisherAtWork extends Pick<Consumer, 'status' | 'reachedHere' | 'stop'> {}

export interface PublisherAtWorkOptions
  extends Pick<ProcessEngines, 'store' | 'bus' | 'claim' | 'claimAgain' | 'machineClock'>,
    Pick<Work, 'consume'> {
  /** What the names of topics begin with. */
  readonly prefix: string;
  readonly log: Log;
  /** Between two looks whether the topics are those that were claimed; default a minute. */
  readonly lookMs?: number;
}

/**
 * Tells the topics of every event that leaves. How far it is stands by the topics it tells: a bus or a prefix that nothing was told of yet,
 * or topics that somebody has made anew, are told everything from the beginning.
 */
export function publish(options: PublisherAtWorkOptions): PublisherAtWork {
  const { store, bus, claim, claimAgain, consume, machineClock, prefix, log, lookMs } = options;
  const { epoch } = store;
  const stopping = new AbortController();
  const { signal } = stopping;
  let consumer: Consumer | undefined;
  let problem: string | undefined;

  const declare = () => bus.declare(topicsOf(registry, prefix));
  /** What the topics are known by, as soon as they are there and this history's; not where it is stopped before. */
  async function have(): Promise<{ readonly place: string | undefined }> {
    const place = await claim(epoch);
    await declare();
    problem = undefined;
    return { place };
  }
  const topics = () =>
    whenHad(have, {
      ...{ clock: machineClock, signal },
      failed(error, failures) {
        problem = reasonOf(error);
        if (failures === 1) log.warn({ err: error }, 'nothing can be told to the bus yet');
      },
    });

  /** Until it is stopped, or the topics are others. */
  async function tell(place: string | undefined): Promise<void> {
    const over = new AbortController();
    async function declareAgain(): Promise<void> {
      await declare();
      if ((await claim(epoch)) === place) return;
      over.abort();
      throw new BusError('no_such_topic', `the topics ${prefix}.… were made anew: all is told again`);
    }
    consumer = await consume(publisher({ ...{ registry, epoch, bus, prefix, place }, declareAgain }));
    const stands = () => declare().then(async () => (await claimAgain(epoch, signal)) === place);
    const stopLooking = watchClaim({ ...{ clock: machineClock, lookMs, stands }, lost: () => over.abort() });
    await new Promise<void>((resolve) => {
      for (const end of [over.signal, signal]) end.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    stopLooking();
    await consumer.stop();
  }

  async function run(): Promise<void> {
    for (let found = await topics(); found !== undefined; found = await topics()) {
      await tell(found.place);
      if (signal.aborted) return;
      log.warn({ prefix }, 'the topics are others: what they were not told of is told');
      consumer = undefined;
    }
  }
  const running = run();

  return {
    status: () => ({ ...(consumer?.status() ?? notBegun(PUBLISHER, problem)), name: PUBLISHER }),
    async reachedHere(position: Position, timeoutMs: number) {
      const until = later(machineClock.now(), timeoutMs);
      while (consumer === undefined && !signal.aborted && machineClock.now() < until)
        await pause(machineClock, LOOK_MS, signal);
      const leftMs = millisecondsOf(until) - millisecondsOf(machineClock.now());
      return (await consumer?.reachedHere(position, Math.max(0, leftMs))) === true;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
