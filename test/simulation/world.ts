import type { StoredEvent } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { type Judgement, judgement } from '#test/judge/judge.ts';
import { Clients } from './clients.ts';
import { connect } from './connection.ts';
import { Faults } from './faults.ts';
import { Followers } from './followers.ts';
import { HistoryDisk } from './history-disk.ts';
import { HistoryServer } from './history-server.ts';
import { MoneyOutside } from './money-outside.ts';
import { beginPlatform, type Platform, type PlatformOptions } from './process.ts';
import { type Life, Scheduler } from './scheduler.ts';
import type { FaultStep, Step } from './story.ts';
import type { ViewsDisk } from './views-disk.ts';

/** Where a run begins: a saleroom with people, money, lots and open auctions, all at rest. */
export interface Beginning {
  readonly events: readonly StoredEvent[];
  readonly views: ViewsDisk;
  readonly machineMs: number;
  readonly businessMs: number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly shared: boolean;
  readonly ringEvents: number;
  readonly beginning: Beginning;
}

/** Long enough, if it comes to three times of it, for the whole time of an auction. */
const OUTAGE_MINUTES = 30;
/** Clocks of several processes differ by seconds. */
const MOST_APART_MS = 4_000;
/** Small enough that snapshots, evictions and re-readings take place in a short run. */
const PIPELINE_LIMITS = { eventsPerSnapshot: 4, cachedStreams: 10 };

/**
 * Everything there is in one run: disks and servers, one process or two, the people at their door, the provider out in the
 * world, and whoever follows the feed. All of it lives on one scheduler.
 */
export class World {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly judge: Judgement = judgement({ seenFirst: true, clocksApartMs: 2 * MOST_APART_MS });
  readonly disk: HistoryDisk;
  readonly views: ViewsDisk;
  readonly clients: Clients;
  readonly money: MoneyOutside;
  readonly followers: Followers;
  /** What is wrong beside what the judge says. */
  readonly problems: string[] = [];
  deaths = 0;
  readonly #options: WorldOptions;
  readonly #outside: Life;
  readonly #slots: (Platform | undefined)[];
  /** Every process there ever was. */
  readonly #all: Platform[] = [];
  #server: HistoryServer | undefined;
  #begun = 0;

  constructor(options: WorldOptions) {
    const { seed, shared, beginning } = options;
    this.#options = options;
    this.scheduler = new Scheduler(seed, beginning.machineMs);
    this.scheduler.pass(beginning.businessMs - beginning.machineMs);
    this.faults = new Faults((line) => this.scheduler.trace.say(line));
    this.#outside = this.scheduler.life('outside');
    this.disk = new HistoryDisk('simulated', (event) => this.#durable(event));
    const { scheduler, faults, disk, judge } = this;
    const around = { scheduler, faults, disk, judge, outside: this.#outside };
    const platforms = () => this.reachable;
    this.clients = new Clients({ ...around, platforms });
    this.money = new MoneyOutside({ ...around, platforms });
    this.followers = new Followers({ ...around, complain: (problem) => this.complain(problem) });
    for (const event of beginning.events) this.disk.put(event);
    this.views = beginning.views.copy();
    this.followers.beginAtHead();
    this.#slots = shared ? [undefined, undefined] : [undefined];
    if (shared) this.#beginServer();
    for (const slot of this.#slots.keys()) this.#begin(slot);
  }

  /** The processes that take something in. */
  get reachable(): readonly Platform[] {
    return this.#slots.filter((platform) => platform?.started !== undefined) as readonly Platform[];
  }

  get allStarted(): boolean {
    return this.reachable.length === this.#slots.length;
  }

  complain(problem: string): void {
    this.problems.push(problem);
  }

  /** Everything that is wrong so far. */
  get wrong(): readonly string[] {
    return [...this.problems, ...this.judge.problems()];
  }

  /** Lets a story's step take place. */
  take(step: Step): void {
    const { scheduler } = this;
    switch (step.do) {
      case 'send':
        void this.clients.send(step);
        if (step.twice) void this.clients.send(step);
        break;
      case 'decide':
        this.money.decide(step.payment, step.how);
        break;
      case 'notice':
        this.money.repeat(step.notice);
        break;
      case 'handle': {
        const { waitingNotice: waitingId } = this.money;
        const data = { waitingId, resolution: 'asked_provider' };
        if (waitingId !== undefined) void this.clients.send({ ...step, command: 'HandleNotice', data });
        break;
      }
      case 'pass':
        scheduler.trace.say(`${step.minutes} minutes pass`);
        scheduler.pass(step.minutes * 60_000);
        break;
      case 'fault':
        this.#strike(step);
        break;
      default:
        unreachable(step);
    }
  }

  /** No more faults, and everybody is awake. */
  calm(): void {
    this.faults.calm();
    for (const platform of this.#slots) platform?.life.thaw();
  }

  /**
   * Runs the scheduler until it holds; false: nothing new is durable for so long, in milliseconds of the machines' time, or
   * something is wrong. It is time that is bounded and not steps: whoever waits for a retry only looks around meanwhile, and
   * how many steps that makes is nothing to the platform.
   */
  async until(holds: () => boolean, quietMs: number): Promise<boolean> {
    const { scheduler } = this;
    let head = this.disk.head();
    let since = scheduler.machineMs;
    while (scheduler.machineMs - since <= quietMs) {
      if (this.disk.head() !== head) since = scheduler.machineMs;
      head = this.disk.head();
      if (this.problems.length > 0 || this.judge.problems().length > 0) return false;
      if (holds()) return true;
      if (!(await this.scheduler.step())) return holds();
    }
    return false;
  }

  async close(): Promise<void> {
    for (const platform of this.#slots) platform?.life.end();
    let closed = false;
    void this.money.close().then(() => {
      closed = true;
    });
    // The provider waits for answers that are on their way, and gives up on those that never come.
    while (!closed) await this.scheduler.step();
    for (const platform of this.#all) platform.letGo().catch(() => undefined);
  }

  #durable(event: StoredEvent): void {
    const { type, stream, revision, position } = event;
    this.scheduler.trace.say(`durable: ${position} ${type} ${stream}/${revision} ${event.eventId}`);
    this.judge.see(event);
    this.money.see(event);
  }

  #strike({ kind, where, times }: FaultStep): void {
    const slot = where % this.#slots.length;
    const platform = this.#slots[slot];
    if (kind === 'kill' || kind === 'power cut' || kind === 'views lost') {
      if (platform === undefined) return;
      this.faults.meet(kind, platform.life.name);
      this.#kill(slot);
      if (kind === 'power cut') this.views.lose(1 + this.scheduler.below(20 * times));
      if (kind === 'views lost') this.views.loseAll();
    } else if (kind === 'outage') this.#goDown(OUTAGE_MINUTES * times);
    else if (kind === 'clocks apart') {
      this.faults.arm(kind, 1, `p${slot}`);
      this.#kill(slot);
    } else if (kind === 'process frozen') this.#freeze(slot, 1_000 + 1_500 * times);
    else if (kind === 'feed dropped') platform?.connection.dropFollowers();
    else if (kind === 'server dies') {
      if (this.#options.shared) this.faults.meet(kind);
      this.#endServer();
    } else if (kind === 'rows refused') this.disk.refuseNext(() => this.faults.meet(kind));
    else if (kind === 'read fails' || kind === 'views fail' || kind === 'answer of the views lost')
      this.faults.arm(kind, times, platform?.life.name);
    else if (kind === 'wallet late') this.faults.arm(kind, 1, platform?.life.name);
    else this.faults.arm(kind, times);
  }

  /** Everybody dies at once, and starts again when deadlines have passed. */
  #goDown(minutes: number): void {
    this.faults.meet('outage', `of ${minutes} minutes`);
    for (const slot of this.#slots.keys()) this.#kill(slot);
    this.scheduler.pass(minutes * 60_000);
  }

  /** Most clocks agree; one that does not stays so until its process ends. */
  #clocksOf(slot: number): PlatformOptions['aheadMs'] {
    const { scheduler, faults } = this;
    const apart = (): number => scheduler.below(2 * MOST_APART_MS) - MOST_APART_MS;
    if (!faults.strikes('clocks apart', `p${slot}`)) return { decisions: 0, timers: 0 };
    const decisions = this.#options.shared ? apart() : 0;
    return { decisions, timers: decisions + apart() };
  }

  #freeze(slot: number, milliseconds: number): void {
    const platform = this.#slots[slot];
    if (platform === undefined || platform.life.frozen) return;
    const { life } = platform;
    this.faults.meet('process frozen', life.name);
    life.freeze();
    this.scheduler.after(this.#outside, milliseconds, `${life.name} wakes up`, () => life.thaw());
  }

  #kill(slot: number): void {
    const platform = this.#slots[slot];
    if (platform === undefined) return;
    this.deaths += 1;
    this.#slots[slot] = undefined;
    if (!this.#options.shared) this.#server?.die();
    platform.life.end();
    this.scheduler.after(this.#outside, 10 + this.scheduler.below(200), 'a process is started', () =>
      this.#begin(slot),
    );
  }

  #begin(slot: number): void {
    const { scheduler, faults, disk, views } = this;
    const { shared, ringEvents } = this.#options;
    this.#begun += 1;
    const number = this.#begun;
    const life = scheduler.life(`p${slot}.${number}`);
    const connection = connect({
      ...{ scheduler, faults, life, disk, inProcess: !shared },
      server: () => this.#server,
      clock: scheduler.clockOf(life, 'business'),
    });
    if (!shared)
      this.#server = new HistoryServer({
        ...{ life, scheduler, disk, faults },
        onAnswers: () => undefined,
        onBroken: () =>
          scheduler.soon(this.#outside, 'the process ends itself', () => this.#killIf(slot, life)),
      });
    const platform = beginPlatform({
      ...{ life, scheduler, connection, number, ringEvents, shared },
      readStore: views.connect({ scheduler, faults, life }),
      provider: this.money.asSeenBy(life),
      log: this.#logOf(life),
      limits: PIPELINE_LIMITS,
      aheadMs: this.#clocksOf(slot),
      onStarted: () => {
        if (slot === 0) this.followers.comeTo(platform);
      },
      onFailed: () => scheduler.soon(this.#outside, 'a start has failed', () => this.#killIf(slot, life)),
    });
    this.#slots[slot] = platform;
    this.#all.push(platform);
  }

  /** Perhaps it has died meanwhile, and another stands in its place. */
  #killIf(slot: number, life: Life): void {
    if (this.#slots[slot]?.life === life) this.#kill(slot);
  }

  #beginServer(): void {
    const { scheduler, disk, faults } = this;
    this.#begun += 1;
    const server = new HistoryServer({
      ...{ life: scheduler.life(`server.${this.#begun}`), scheduler, disk, faults },
      onAnswers: () => this.#tellAll(),
      onBroken: () =>
        scheduler.soon(this.#outside, 'the server ends itself', () => {
          if (this.#server === server) this.#endServer();
        }),
    });
    this.#server = server;
    this.#tellAll();
  }

  #endServer(): void {
    if (!this.#options.shared || this.#server === undefined) return;
    this.deaths += 1;
    this.#server.die();
    this.#server = undefined;
    for (const platform of this.#slots) platform?.connection.dropFollowers();
    this.scheduler.after(this.#outside, 10 + this.scheduler.below(200), 'a server is started', () =>
      this.#beginServer(),
    );
  }

  #tellAll(): void {
    for (const platform of this.#slots) {
      if (platform === undefined) continue;
      const { life, connection } = platform;
      this.scheduler.later(life, 'hears of the history', () => connection.heard());
    }
  }

  #logOf({ name }: Life): Log {
    return {
      info: () => undefined,
      warn: (details, message) => this.scheduler.trace.say(`${name} warns: ${message} ${inShort(details)}`),
      error: (details, message) => {
        this.scheduler.trace.say(`${name} complains: ${message} ${inShort(details)}`);
        this.complain(`${name}: ${message} ${inShort(details)}`);
      },
    };
  }
}

/** Details of a log in one line, without stacks, whose lines differ from place to place. */
const inShort = (details: object): string =>
  JSON.stringify(details, (_, value: unknown) => {
    if (value instanceof Error) return String(value);
    return typeof value === 'bigint' ? value.toString() : value;
  });
