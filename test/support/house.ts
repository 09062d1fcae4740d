import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import express, { Router } from 'express';
import { registry } from '#compose/contexts.ts';
import type { Engines } from '#compose/engines.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { keepLines } from '#compose/lines.ts';
import { projections } from '#compose/projections.ts';
import { runSagas, type SagasRole } from '#compose/sagas.ts';
import { memoryStores } from '#compose/stores.ts';
import { writeSide } from '#compose/write-side.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Reply, StoredEvent } from '#domain/kernel/envelope.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import {
  PaymentNotice as Notice,
  type PaymentNotice,
  type PaymentProvider,
  type PaymentRequest,
} from '#domain/kernel/ports/payments.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { sign } from '#domain/kernel/signature.ts';
import { afterwards } from '#engines/afterwards.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { newIds } from '#engines/ids.ts';
import { deliverTo } from '#engines/payments/simulated/delivery.ts';
import { type SimulatedProvider, simulatedProvider } from '#engines/payments/simulated/provider.ts';
import { systemRandom } from '#engines/random.ts';
import type { RunningViews } from '#projections/runtime/views.ts';
import { followedChains } from '#runtime/followed-chains.ts';
import { turns } from '#runtime/turns.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import { type Lifeline, lifeline } from './lifeline.ts';

// The whole platform over stores in memory, wired by compose/ itself. Processes come and go; what outlives them (the
// history, the read models, time, and the payment provider out in the world) belongs to the house.

const OPENING: Instant = '2026-03-01T12:00:00.000Z';
const SECRET = 'a secret of the test';
/** How long the house may take to come to rest, in milliseconds. */
const REST_MS = 20_000;
/** How often it is looked for an event. */
const MOST_TURNS = 20_000;
/** Longer than any lease: a process that was killed is missed by everybody when the next one starts. */
const DOWN_MS = 60_000;

/** The machine's clock; `pass` lets time pass at once, as it does while a machine is down. */
interface MachineClock extends Clock {
  pass(milliseconds: number): void;
}

function machineClockOf(system: Clock): MachineClock {
  let ahead = 0;
  return {
    now: () => later(system.now(), ahead),
    at: (moment, due) => system.at(later(moment, -ahead), due),
    pass(milliseconds) {
      ahead += milliseconds;
    },
  };
}

/** One process of the house. */
export interface HouseProcess extends Pick<Lifeline, 'dead' | 'appends' | 'cutAfter' | 'holdBack'> {
  readonly engines: Engines;
  readonly pipeline: Pipeline;
  /** Undefined in a process that only takes commands in. */
  readonly views: RunningViews | undefined;
  readonly sagas: SagasRole | undefined;
  readonly webhooks: Router;
  /** Sends a command as a person would; without an id of its own it gets a fresh one. */
  send(command: Command, actor: Actor, commandId?: string): Promise<Reply>;
  /** Ends as after SIGTERM: what was accepted is finished. */
  stop(): Promise<void>;
  /** Ends as after SIGKILL: nothing it still does has an effect. Safe to repeat. */
  kill(): Promise<void>;
}

export interface HouseOptions {
  /** Starts the projections role; by default as compose/ does. */
  readonly projections?: (engines: Engines, log: Log) => Promise<RunningViews>;
  /** Why the provider declines a payment. */
  readonly declines?: (request: PaymentRequest) => string | undefined;
  /** Whether the provider now takes what it is asked for, and its answer never comes. */
  readonly isSilent?: () => boolean;
}

export interface Restart {
  /** As after SIGKILL; else as after SIGTERM. */
  readonly kill?: boolean;
  /** The read models are gone, with all checkpoints. */
  readonly loseViews?: boolean;
  /** The business's time at the new start. */
  readonly at?: Instant;
}

export class House {
  readonly clock: SimulatedClock = simulatedClock({ start: OPENING });
  readonly store: EventStore = memoryStores({ clock: this.clock }).store;
  readonly machineClock = machineClockOf(systemClock());
  readonly newId = newIds({ clock: this.machineClock });
  /** What was logged as an error. */
  readonly errors: string[] = [];
  readonly options: HouseOptions;
  readonly provider: SimulatedProvider;
  readStore: ReadStore = memoryStores().readStore;
  #process: HouseProcess | undefined;
  readonly #processes = new Set<HouseProcess>();
  readonly #webhookUrl: () => string;
  /** Deliveries under way. */
  #notices = 0;
  #noticesMayGo: Promise<void> = Promise.resolve();
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;

  private constructor(options: HouseOptions, webhookUrl: () => string) {
    this.options = options;
    this.#webhookUrl = webhookUrl;
    this.provider = simulatedProvider({
      file: ':memory:',
      pageUrl: () => 'http://127.0.0.1/provider',
      secret: SECRET,
      clock: this.clock,
      pauseClock: this.machineClock,
      deliver: (body) => this.#deliver(body),
      ...(options.declines && { declines: options.declines }),
    });
  }

  /** Opens a house with one process that plays every role; it closes when the test has ended. */
  static async open(t: Pick<TestContext, 'after'>, options: HouseOptions = {}): Promise<House> {
    let url = '';
    const house = new House(options, () => url);
    const app = express().use((request, response, next) => {
      const webhooks = house.#process?.webhooks;
      if (webhooks === undefined) response.status(503).end();
      else webhooks(request, response, next);
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/payments`;
    t.after(async () => {
      house.#closed = true;
      house.#closing.resolve();
      await house.provider.close();
      for (const process of house.#processes) await process.kill();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    await house.start();
    return house;
  }

  /** The process that plays every role. */
  get process(): HouseProcess {
    if (this.#process === undefined) throw new Error('no process runs');
    return this.#process;
  }

  async start(): Promise<HouseProcess> {
    this.#process = await this.#begin('every role');
    return this.#process;
  }

  /** A second process on the same stores that only takes commands in. */
  beside(): Promise<HouseProcess> {
    return this.#begin('write side');
  }

  async #begin(roles: 'every role' | 'write side'): Promise<HouseProcess> {
    const process = await beginProcess(this, roles);
    this.#processes.add(process);
    return process;
  }

  /** Ends the process, however it ended or should end, and starts another one on what is left. */
  async restart(how: Restart = {}): Promise<HouseProcess> {
    const before = this.process;
    this.#process = undefined;
    await (how.kill === true ? before.kill() : before.stop());
    this.#processes.delete(before);
    this.machineClock.pass(DOWN_MS);
    if (how.loseViews === true) this.readStore = memoryStores().readStore;
    if (how.at !== undefined) this.clock.advanceTo(how.at);
    return this.start();
  }

  /** The provider's notices wait until the result is called. */
  delayNotices(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#noticesMayGo = promise;
    return resolve;
  }

  /** Tells the webhook something as the provider, signed as by it; whether that was taken. */
  tell(notice: PaymentNotice): Promise<boolean> {
    const body = Buffer.from(JSON.stringify(Notice.encode(notice)));
    return deliverTo(this.#webhookUrl())(body, sign(SECRET, this.clock.now(), body));
  }

  /** The provider comes again until its notice is taken: without its long pauses, which are tested elsewhere. */
  async #deliver(body: Uint8Array): Promise<boolean> {
    await Promise.race([this.#noticesMayGo, this.#closing.promise]);
    this.#notices += 1;
    try {
      while (!this.#closed) {
        const signature = sign(SECRET, this.clock.now(), body);
        if (this.#process !== undefined && (await deliverTo(this.#webhookUrl())(body, signature)))
          return true;
        await nextTurn();
      }
      return false;
    } finally {
      this.#notices -= 1;
    }
  }

  send(command: Command, actor: Actor, commandId?: string): Promise<Reply> {
    return this.process.send(command, actor, commandId);
  }

  /** Sends what must be accepted. */
  async done(command: Command, actor: Actor, commandId?: string): Promise<Reply> {
    const reply = await this.send(command, actor, commandId);
    if (reply.outcome !== 'accepted') throw new Error(`${command.command}: ${told(reply)}`);
    return reply;
  }

  /** Resolves when nothing is left to do at this moment of the business. */
  async settle(): Promise<void> {
    for (;;) {
      await nextTurn();
      if (this.#notices > 0) continue;
      const head = await this.store.head();
      const { sagas: role } = this.process;
      if ((await role?.settled(head, REST_MS)) === false)
        throw new Error(`no rest: ${JSON.stringify(role?.status(), (_, value) => String(value))}`);
      await nextTurn();
      if (this.#notices === 0 && (await this.store.head()) === head) return;
    }
  }

  /** Lets the business's time pass, stopping at everything that falls due on the way until it has been done. */
  async advanceTo(moment: Instant): Promise<void> {
    await this.settle();
    for (let next = this.clock.next(); next !== undefined && next <= moment; next = this.clock.next()) {
      this.clock.advanceTo(next);
      await this.settle();
    }
    this.clock.advanceTo(moment);
  }

  /** All of a stream's events, as stored. */
  history(stream: string): Promise<readonly StoredEvent[]> {
    return this.store.readStream(stream, { limit: 1_000 });
  }

  async types(stream: string): Promise<readonly string[]> {
    return (await this.history(stream)).map(({ type }) => type);
  }

  /** Resolves when an event of the type stands in the stream; for moments at which the house cannot come to rest. */
  async reached(stream: string, type: string): Promise<void> {
    for (let lines = 0; lines < MOST_TURNS; lines++) {
      if ((await this.types(stream)).includes(type)) return;
      await nextTurn();
    }
    throw new Error(`${stream} has no ${type}`);
  }

  /** Every event in order, without the steps of sagas. */
  async everything(): Promise<readonly StoredEvent[]> {
    const { events, end } = await this.store.readAll({ limit: 1_000 });
    if (!end) throw new Error('a history of a test fits one page');
    return events.filter(({ stream }) => !stream.startsWith('saga-'));
  }

  /** A document of a view that holds the whole history. */
  async see(view: string, id: string): Promise<object | undefined> {
    const position = await this.store.head();
    return this.process.views?.reader.get(view, id, { position });
  }
}

/** The provider as a process reaches it. */
function providerOf({ provider, options: { isSilent = () => false } }: House): PaymentProvider {
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    const silent = isSilent();
    const known = await answer;
    return silent ? new Promise<never>(() => undefined) : known;
  };
  return {
    name: provider.name,
    createTopUp: (request) => heard(provider.createTopUp(request)),
    submitPayout: (request) => heard(provider.submitPayout(request)),
  };
}

/** A reply or rejection as text. */
export const told = (reply: object): string =>
  JSON.stringify(reply, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

function enginesOf(house: House, line: Lifeline, log: Log): Engines {
  const { clock, machineClock, newId } = house;
  const { store, readStore } = line;
  const feed = eventFeed(store, { clock: machineClock });
  const consume: Consume = consumerLoop({
    feed,
    store,
    consumers: readStore.consumers,
    registry,
    clock: machineClock,
    owner: newId(),
    retryPollMs: 20,
  });
  const lines = keepLines({ feed, consumers: readStore.consumers, machineClock, log });
  return {
    clock,
    simulated: clock,
    machineClock,
    newId,
    random: systemRandom,
    store,
    feed,
    readStore,
    consume,
    followed: followedChains(),
    lines,
    // Nobody comes in by a token here: commands are handed to the pipeline.
    tokens: { verify: async () => undefined },
    issuer: undefined,
    async close() {
      await lines.stop();
      await feed.close();
    },
  };
}

async function beginProcess(house: House, roles: 'every role' | 'write side'): Promise<HouseProcess> {
  const line = lifeline(house);
  const log: Log = {
    info() {},
    warn() {},
    error(details, message) {
      // What a dead process complains of is no error of the house.
      if (!line.isDead()) house.errors.push(`${message} ${told(details)}`);
    },
  };
  const engines = enginesOf(house, line, log);
  const write = writeSide(engines, {
    log,
    notices: { provider: house.provider.name, secrets: [SECRET] },
    addressOf: addressesBehind([]).of,
    perPerson: turns({ atWork: 8, waiting: 1_000 }, afterwards),
  });
  const { pipeline } = write;
  const all = roles === 'every role';
  const views = all ? await (house.options.projections ?? projections)(engines, log) : undefined;
  const role = all
    ? await runSagas(engines, { dispatch: pipeline.dispatch, provider: providerOf(house), log })
    : undefined;

  async function end(): Promise<void> {
    await pipeline.drain();
    await role?.stop();
    await views?.stop();
    await engines.close();
  }
  let ended: Promise<void> | undefined;
  return {
    engines,
    pipeline,
    views,
    sagas: role,
    webhooks: Router().use(...write.routers),
    dead: line.dead,
    appends: line.appends,
    cutAfter: line.cutAfter,
    holdBack: line.holdBack,
    async send({ command, data }, actor, commandId = house.newId()) {
      const declared = registry.commands.get(command)?.command;
      if (declared === undefined) throw new TypeError(`${command} is not in the registry`);
      const json: unknown = declared.schema.encode(data as never);
      return pipeline.dispatch({ command, data: json, commandId, actor, origin: { channel: 'http' } });
    },
    stop() {
      ended ??= end();
      return ended;
    },
    kill() {
      line.cut();
      ended ??= end();
      return ended;
    },
  };
}
