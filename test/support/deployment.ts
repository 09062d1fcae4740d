import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import express from 'express';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { memoryStores } from '#compose/stores.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Reply, StoredEvent } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { PaymentNotice as Notice, type PaymentNotice } from '#domain/kernel/ports/payments.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { sign } from '#domain/kernel/signature.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { deliverTo } from '#engines/payments/simulated/delivery.ts';
import { type SimulatedProvider, simulatedProvider } from '#engines/payments/simulated/provider.ts';
import {
  beginProcess,
  type DeployedProcess,
  type DeploymentOptions,
  type Roles,
  SECRET,
} from './deployed-process.ts';
import { machineClockOf } from './machine-clock.ts';
import { told } from './told.ts';

// The whole platform over stores in memory, wired by compose/ itself. Processes come and go; what outlives them (the
// history, the keys of people, the read models, time, and the payment provider out in the world) belongs to the deployment.

const OPENING: Instant = '2026-03-01T12:00:00.000Z';
/** How long the platform may take to come to rest, in milliseconds. */
const REST_MS = 20_000;
/** How often it is looked for an event. */
const MOST_TURNS = 20_000;
/** Longer than any lease: a process that was killed is missed by everybody when the next one starts. */
const DOWN_MS = 60_000;

export interface Restart {
  /** As after SIGKILL; else as after SIGTERM. */
  readonly kill?: boolean;
  /** The read models are gone, with all checkpoints. */
  readonly loseViews?: boolean;
  /** The business's time at the new start. */
  readonly at?: Instant;
}

export class Deployment {
  readonly clock: SimulatedClock = simulatedClock({ start: OPENING });
  readonly store: EventStore = memoryStores({ clock: this.clock }).store;
  readonly machineClock = machineClockOf(systemClock());
  readonly newId = newIds({ clock: this.machineClock });
  readonly personKeys = temporaryPersonKeys();
  /** What was logged as an error. */
  readonly errors: string[] = [];
  readonly options: DeploymentOptions;
  readonly provider: SimulatedProvider;
  readStore: ReadStore = memoryStores().readStore;
  #process: DeployedProcess | undefined;
  readonly #processes = new Set<DeployedProcess>();
  readonly #webhookUrl: () => string;
  /** Deliveries under way. */
  #notices = 0;
  #noticesMayGo: Promise<void> = Promise.resolve();
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;

  private constructor(options: DeploymentOptions, webhookUrl: () => string) {
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

  /** Opens a platform with one process that plays every role; it closes when the test has ended. */
  static async open(t: Pick<TestContext, 'after'>, options: DeploymentOptions = {}): Promise<Deployment> {
    let url = '';
    const deployment = new Deployment(options, () => url);
    const app = express().use((request, response, next) => {
      const webhooks = deployment.#process?.webhooks;
      if (webhooks === undefined) response.status(503).end();
      else webhooks(request, response, next);
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/payments`;
    t.after(async () => {
      deployment.#closed = true;
      deployment.#closing.resolve();
      await deployment.provider.close();
      for (const process of deployment.#processes) await process.kill();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    await deployment.start();
    return deployment;
  }

  /** The process that plays every role. */
  get process(): DeployedProcess {
    if (this.#process === undefined) throw new Error('no process runs');
    return this.#process;
  }

  async start(): Promise<DeployedProcess> {
    this.#process = await this.#begin('every role');
    return this.#process;
  }

  /** A second process on the same stores that only takes commands in. */
  beside(): Promise<DeployedProcess> {
    return this.#begin('write side');
  }

  async #begin(roles: Roles): Promise<DeployedProcess> {
    const process = await beginProcess(this, roles);
    this.#processes.add(process);
    return process;
  }

  /** Ends the process, however it ended or should end, and starts another one on what is left. */
  async restart(how: Restart = {}): Promise<DeployedProcess> {
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

  /** Resolves when an event of the type stands in the stream; for moments at which the platform cannot come to rest. */
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
