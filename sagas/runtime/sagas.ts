import type { Dispatch, Position, RecordedEvent } from '#domain/kernel/envelope.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Consume, Consumer, ConsumerStatus, Handled, Handler } from '#domain/kernel/ports/consumer.ts';
import type { DocumentStore } from '#domain/kernel/ports/document-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import { type Log, noLog } from '#domain/kernel/ports/log.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { SagaStepped } from '#domain/workflows/saga/messages.ts';
import { pause } from '#runtime/pause.ts';
import { alarms } from './alarms.ts';
import { streamOf } from './instance.ts';
import { Instances } from './instances.ts';
import { inLanes, NotNowError } from './lanes.ts';
import { pauseAfter } from './limits.ts';
import { Outbox } from './outbox.ts';
import { isFinished, nextTimer, type Outstanding, type StepData } from './outstanding.ts';
import { allUnfinished, byNextTimer, foldSteps, unfinishedSagas } from './unfinished.ts';

export interface SagasOptions {
  readonly sagas: readonly Saga[];
  readonly consume: Consume;
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly documents: Pick<DocumentStore, 'declare' | 'get' | 'scan' | 'find'>;
  readonly dispatch: Dispatch;
  readonly registry: Registry;
  /** Whose time the timers of sagas are in. */
  readonly clock: Clock;
  /** Whose time passes between two tries; for when the other one is simulated and may stand still. Default: the same. */
  readonly pauseClock?: Clock;
  readonly newId: NewId;
  readonly log?: Log;
}

export interface SagasStatus {
  readonly consumers: readonly ConsumerStatus[];
  /** Instances that still have something to do or wait for something. */
  readonly unfinished: number;
  /** Instances that are being worked on, or wait for another try. */
  readonly working: number;
  /** Timers kept in memory, at most one for each instance. */
  readonly alarms: number;
  /** Instances whose saga threw on an answer or a timer; those that threw on an event are parked in their consumer. */
  readonly stuck: readonly { readonly stream: string; readonly error: string }[];
}

export interface Sagas {
  readonly consumers: readonly Consumer[];
  status(): Promise<SagasStatus>;
  /** As {@link consumers} tell it, with the instances that wait for a repair among the parked keys of what sends. */
  standing(): readonly ConsumerStatus[];
  /**
   * Whether, within the time, every event up to `position` has become an input and every command that came of it has
   * its answer recorded. What those commands led to stands behind `position`.
   */
  settled(position: Position, timeoutMs: number): Promise<boolean>;
  /** Ends after what is under way; what is unfinished is met again by the next start. */
  stop(): Promise<void>;
}

/** Where the steps of all sagas are read: whoever holds this consumer's lease sends and keeps the timers. */
const OUTBOX = 'sagas:outbox';
const OWNER_STATES: ReadonlySet<ConsumerStatus['state']> = new Set(['catching-up', 'live']);
/** How often a new owner looks whether its first batch is through, in milliseconds. */
const OWNER_POLL_MS = 10;

/**
 * Runs sagas: events become steps (one append each: inbox, outbox and timers), steps become commands and alarms, and
 * their answers become steps. The history alone says what is left to do; everything here is found again after a crash.
 */
export async function startSagas(options: SagasOptions): Promise<Sagas> {
  const running = new RunningSagas(options);
  await running.start();
  return running;
}

class RunningSagas implements Sagas {
  readonly consumers: Consumer[] = [];
  readonly #options: SagasOptions;
  readonly #pauseClock: Clock;
  readonly #instances: Instances;
  readonly #outbox: Outbox;
  readonly #alarms;
  readonly #byName: ReadonlyMap<string, Saga>;
  readonly #stopping = new AbortController();
  #outboxConsumer: Consumer | undefined;
  #recovering: Promise<void> | undefined;

  constructor(options: SagasOptions) {
    const { clock, pauseClock = clock, log = noLog } = options;
    this.#options = options;
    this.#pauseClock = pauseClock;
    demandDistinct(options.sagas);
    this.#byName = new Map(options.sagas.map((saga) => [saga.name, saga]));
    this.#instances = new Instances(options);
    this.#alarms = alarms({
      clock,
      ring: (stream) => this.#wake(stream),
      refill: (from) => this.#inBackground(() => this.#fetchAlarms(from)),
    });
    this.#outbox = new Outbox({
      instances: this.#instances,
      dispatch: options.dispatch,
      clock,
      pauseClock,
      log,
      owns: () => this.#owns(),
      resting: ({ stream, outstanding }) => this.#alarms.set(stream, nextTimer(outstanding)?.at),
    });
  }

  async start(): Promise<void> {
    const { consume, documents, sagas } = this.#options;
    await documents.declare(unfinishedSagas);
    this.#outboxConsumer = await consume(this.#outboxHandler());
    this.consumers.push(this.#outboxConsumer);
    for (const saga of sagas) this.consumers.push(await consume(this.#inboxHandler(saga)));
  }

  async status(): Promise<SagasStatus> {
    let unfinished = 0;
    for await (const _ of allUnfinished(this.#options.documents)) unfinished += 1;
    return {
      consumers: this.consumers.map((consumer) => consumer.status()),
      unfinished,
      working: this.#outbox.working,
      alarms: this.#alarms.size,
      stuck: [...this.#outbox.stuck].map(([stream, { message }]) => ({ stream, error: message })),
    };
  }

  standing(): readonly ConsumerStatus[] {
    const need = this.#outbox.inNeed;
    const [first] = need;
    return this.consumers.map((consumer) => {
      const status = consumer.status();
      if (consumer !== this.#outboxConsumer || first === undefined) return status;
      return { ...status, parkedKeys: status.parkedKeys + need.size, parkedFor: first.join(': ') };
    });
  }

  async settled(position: Position, timeoutMs: number): Promise<boolean> {
    const over = new AbortController();
    const { signal } = over;
    const cancel = this.#pauseClock.at(later(this.#pauseClock.now(), timeoutMs), () => over.abort());
    try {
      const all = await Promise.all(this.consumers.map((consumer) => consumer.reached(position, timeoutMs)));
      const steps = await this.#outboxConsumer?.reached(this.#instances.recordedThrough, timeoutMs);
      if (steps !== true || !all.every((reached) => reached)) return false;
      await Promise.race([this.#recovering, aborted(signal)]);
      return (await this.#outbox.idle(signal)) && !signal.aborted;
    } finally {
      cancel();
      over.abort();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#alarms.stop();
    await this.#outbox.stop();
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    await this.#recovering;
  }

  #inboxHandler(saga: Saga): Handler {
    const key = (event: RecordedEvent) => saga.instanceOf(event) ?? `none:${event.stream}`;
    return {
      name: `saga:${saga.name}`,
      filter: { types: saga.events.map(({ type }) => type) },
      key,
      handle: (events, signal) => inLanes(events, key, signal, (event) => this.#takeEvent(saga, event)),
    };
  }

  async #takeEvent(saga: Saga, event: RecordedEvent): Promise<void> {
    const id = saga.instanceOf(event);
    if (id === undefined) return;
    // Behind an answer that could not be taken nothing else is taken: the event is parked and waits in its order.
    const stuck = this.#outbox.stuck.get(streamOf(saga.name, id));
    if (stuck !== undefined) throw stuck;
    const outcome = await this.#instances.take(saga, id, { kind: 'event', event });
    // Sent at once; if that is not possible now, the reader of the steps brings it.
    if (outcome === 'stepped' && this.#owns()) this.#outbox.notice(saga, id);
  }

  #outboxHandler(): Handler {
    return {
      name: OUTBOX,
      filter: { streams: ['saga-'], types: [SagaStepped.type] },
      key: ({ stream }) => stream,
      handle: (events, signal) => this.#takeSteps(events, signal),
      // Called whenever this process has become the owner.
      forget: () => this.#recoverSoon(),
    };
  }

  async #takeSteps(events: readonly RecordedEvent[], signal: AbortSignal): Promise<Handled> {
    const { writes, standing } = await foldSteps(this.#options.documents, events);
    const last = new Map(events.map((event) => [event.stream, event]));
    for (const [stream, outstanding] of standing) {
      const event = last.get(stream);
      const step = event?.data as StepData | undefined;
      // Whoever holds the lease of the inbox may be another process than this, and has taken the step there.
      if (event !== undefined) await this.#instances.forget(stream, event.revision);
      const saga = step && this.#byName.get(step.saga);
      if (isFinished(outstanding)) this.#alarms.set(stream, undefined);
      else if (saga !== undefined) await this.#outbox.noticeSoon(saga, step?.instance ?? '', signal);
    }
    if (signal.aborted) throw new NotNowError('stopped');
    return { writes, failures: [] };
  }

  #owns(): boolean {
    const state = this.#outboxConsumer?.status().state;
    return state !== undefined && OWNER_STATES.has(state);
  }

  #recoverSoon(): void {
    const before = this.#recovering ?? Promise.resolve();
    this.#recovering = before.then(() => this.#recover());
  }

  /** Finds what is unfinished. Work is only begun by an owner, and an owner is one from its first batch on. */
  async #recover(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      if (!this.#owns()) {
        await this.#pause(OWNER_POLL_MS);
        continue;
      }
      try {
        await this.#noticeUnfinished(signal);
        return;
      } catch {
        // The read store does not answer. The consumer says so too; here only the next try counts.
        failures += 1;
        await this.#pause(pauseAfter(failures));
      }
    }
  }

  async #noticeUnfinished(signal: AbortSignal): Promise<void> {
    for await (const { saga: name, instance, stream, ...outstanding } of allUnfinished(
      this.#options.documents,
    )) {
      if (signal.aborted) return;
      const saga = this.#byName.get(name);
      if (saga === undefined) continue;
      await this.#instances.forget(stream);
      this.#wakeAtLatest(stream, outstanding);
      if (outstanding.pending.length > 0) await this.#outbox.noticeSoon(saga, instance, signal);
    }
  }

  async #fetchAlarms(from: Instant): Promise<void> {
    for await (const { stream, ...outstanding } of byNextTimer(this.#options.documents, from))
      if (!this.#wakeAtLatest(stream, outstanding)) return;
  }

  /**
   * What the collection says is behind the history, and may be older than what has been worked on meanwhile: it never puts off or takes
   * away an alarm. One that rings too early, or for nothing, has its instance looked at, which sets the right one.
   */
  #wakeAtLatest(stream: string, outstanding: Outstanding): boolean {
    const next = nextTimer(outstanding);
    return next === undefined || this.#alarms.setAtLatest(stream, next.at);
  }

  #wake(stream: string): void {
    const saga = this.#options.sagas.find(({ name }) => stream.startsWith(streamOf(name, '')));
    if (saga === undefined) return;
    const id = stream.slice(streamOf(saga.name, '').length);
    this.#inBackground(() => this.#outbox.noticeSoon(saga, id, this.#stopping.signal));
  }

  /** Work that nobody waits for: tried again until it is done or everything stops. */
  #inBackground(work: () => Promise<void>): void {
    const attempt = async () => {
      for (let failures = 1; !this.#stopping.signal.aborted; failures++)
        try {
          return await work();
        } catch {
          await this.#pause(pauseAfter(failures));
        }
    };
    void attempt();
  }

  #pause(milliseconds: number): Promise<void> {
    return pause(this.#pauseClock, milliseconds, this.#stopping.signal);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** `saga-a-b-1` must belong to one saga alone: instance 1 of `a-b`, or instance `b-1` of `a`. */
function demandDistinct(sagas: readonly Saga[]): void {
  for (const one of sagas)
    for (const other of sagas)
      if (one !== other && streamOf(one.name, '').startsWith(streamOf(other.name, '')))
        throw new TypeError(`the streams of the sagas ${one.name} and ${other.name} cannot be told apart`);
}
