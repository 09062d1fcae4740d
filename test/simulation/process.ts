import type { Engines } from '#compose/engines.ts';
import { projections } from '#compose/projections.ts';
import { runSagas, type SagasRole } from '#compose/sagas.ts';
import { pipelineOf } from '#compose/write-side.ts';
import type { Consumer } from '#domain/kernel/ports/consumer.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PaymentProvider } from '#domain/kernel/ports/payments.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { belongTo } from '#engines/read-store/history.ts';
import type { RunningViews } from '#projections/runtime/views.ts';
import { enginesOver } from '#test/support/engines.ts';
import { seededIds } from '#test/support/seeded.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import { noticesTaker } from '#write-side/wallets/payment-webhooks.ts';
import type { Connection } from './connection.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** Leases of processes that stand beside each other, in milliseconds: short, because a run is. */
const LEASE_MS = 2_000;
/** Nothing is parked in a sound run, so nobody need look often. */
const RETRY_POLL_MS = 30_000;
export const WEBHOOK_SECRET = 'the secret of the simulated provider';

/** One process that plays every role, wired as compose/ does but for the ports. */
export interface Platform {
  readonly life: Life;
  readonly connection: Connection;
  readonly feed: EventFeed;
  readonly pipeline: Pipeline;
  readonly takeNotice: ReturnType<typeof noticesTaker>;
  /** Undefined until everything has started: nobody reaches it before. */
  started: { readonly views: RunningViews; readonly sagas: SagasRole } | undefined;
  /** When the run is over: signals that nobody aborts are kept for ever, and everything with them. */
  letGo(): Promise<void>;
}

export interface PlatformOptions {
  readonly life: Life;
  readonly scheduler: Scheduler;
  readonly connection: Connection;
  readonly readStore: ReadStore;
  readonly provider: PaymentProvider;
  readonly log: Log;
  /** No other process ever had it. */
  readonly number: number;
  readonly ringEvents: number;
  /** How far its clocks are ahead, in milliseconds: the one it decides by, and the one its timers ring by. */
  readonly aheadMs: { readonly decisions: number; readonly timers: number };
  readonly limits: Parameters<typeof pipelineOf>[2];
  /** Everything has started. */
  readonly onStarted: () => void;
  /** The start failed: whoever watches over the process ends it and starts another. */
  readonly onFailed: () => void;
  /** Others run beside it: then leases are in the name of the process, else of the folder. */
  readonly shared: boolean;
}

/** Begins a process; what it does from then on are its tasks at the scheduler. */
export function beginPlatform(options: PlatformOptions): Platform {
  const { life, scheduler, connection, readStore, provider, log, number, ringEvents } = options;
  const { store } = connection;
  const clock = scheduler.clockOf(life, 'business', options.aheadMs.decisions);
  const machineClock = scheduler.clockOf(life, 'machine');
  const newId = seededIds(machineClock, scheduler.below(2 ** 31) + number);
  const nextTurn = () => scheduler.turn(life, 'takes a turn');
  const consumers: Consumer[] = [];
  const loop = {
    owner: options.shared ? newId() : 'embedded',
    leaseMs: LEASE_MS,
    retryPollMs: RETRY_POLL_MS,
  };
  const over = enginesOver(
    { clock, simulated: undefined, machineClock, newId, random: scheduler.random, store, readStore },
    { log, loop, ringEvents, nextTurn },
  );
  const { feed, lines } = over;
  const engines: Engines = {
    ...over,
    async consume(handler, begin) {
      const consumer = await over.consume(handler, begin);
      consumers.push(consumer);
      return consumer;
    },
  };
  const pipeline = pipelineOf(engines, log, options.limits);
  const { dispatch } = pipeline;
  const platform: Platform = {
    ...{ life, connection, feed, pipeline },
    takeNotice: noticesTaker({ dispatch, provider: 'simulated', secrets: [WEBHOOK_SECRET], clock }),
    started: undefined,
    async letGo() {
      await Promise.all([...consumers.map((consumer) => consumer.stop()), lines.stop(), feed.close()]);
    },
  };

  async function start(): Promise<void> {
    await belongTo(readStore, store.epoch);
    const views = await projections(engines, log);
    // Whoever decides may be another process than whoever keeps the timers, with another clock.
    const timers = scheduler.clockOf(life, 'business', options.aheadMs.timers);
    const role = await runSagas({ ...engines, clock: timers }, { dispatch, provider, log });
    platform.started = { views, sagas: role };
    options.onStarted();
  }
  async function tryToStart(): Promise<void> {
    try {
      await start();
    } catch (error) {
      log.warn({ err: error }, 'the start failed');
      options.onFailed();
    }
  }
  void tryToStart();
  return platform;
}
