import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { type Instant, instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock, Random } from '#domain/kernel/ports/facts.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { type DueTimes, dueTimes } from './due-times.ts';
import { newTrace } from './trace.ts';

/** Something that can die: a process, a server, or the world outside, which does not. What it waits for dies with it. */
export interface Life {
  readonly name: string;
  readonly alive: boolean;
  readonly frozen: boolean;
  /** Whatever it had still to do is never done. */
  end(): void;
  /** Stands still, and knows nothing of it, until it is thawed. */
  freeze(): void;
  thaw(): void;
}

interface Task {
  readonly life: OneLife;
  readonly label: string;
  readonly run: () => void;
  cancelled: boolean;
}

class OneLife implements Life {
  readonly name: string;
  alive = true;
  frozen = false;
  held: Task[] = [];
  readonly #ready: Task[];

  constructor(name: string, ready: Task[]) {
    this.name = name;
    this.#ready = ready;
  }

  end(): void {
    this.alive = false;
    this.held = [];
  }

  freeze(): void {
    this.frozen = true;
  }

  thaw(): void {
    this.frozen = false;
    this.#ready.push(...this.held);
    this.held = [];
  }
}

/** Now and then a step takes a millisecond, so that time passes also while there is always something to do. */
const STEPS_PER_MS = 8;
const TIMER = 'a timer comes';

/**
 * The only source of order. Whatever waits (for a disk, the network, a clock) is a task; each step picks one of those that
 * are ready by the seed, runs it, and lets everything follow that follows at once. Time only passes between steps. The
 * business's clock runs with the machines', and can be set forward.
 */
export class Scheduler {
  readonly random: Random;
  readonly trace = newTrace();
  readonly #ready: Task[] = [];
  readonly #byMachine: DueTimes<Task> = dueTimes();
  readonly #byBusiness: DueTimes<Task> = dueTimes();
  #machineMs: number;
  /** How far the business's time is ahead of the machines', in milliseconds. */
  #aheadMs = 0;
  #steps = 0;

  constructor(seed: number, startMs: number) {
    this.random = seededRandom(seed);
    this.#machineMs = startMs;
  }

  get steps(): number {
    return this.#steps;
  }
  get machineMs(): number {
    return this.#machineMs;
  }
  get businessMs(): number {
    return this.#machineMs + this.#aheadMs;
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.random() * end);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  life(name: string): Life {
    return new OneLife(name, this.#ready);
  }

  /** Runs it in one of the next steps. */
  soon(life: Life, label: string, run: () => void): void {
    this.#ready.push(this.#task(life, label, run));
  }

  /** Runs it once that time has passed; the result cancels. */
  after(life: Life, milliseconds: number, label: string, run: () => void): () => void {
    const task = this.#task(life, label, run);
    this.#byMachine.put(this.#machineMs + milliseconds, task);
    return () => {
      task.cancelled = true;
    };
  }

  /** As long as an answer of a disk or a network takes: mostly at once, sometimes long. */
  later(life: Life, label: string, run: () => void): void {
    const luck = this.random();
    if (luck < 0.75) this.soon(life, label, run);
    else this.after(life, luck < 0.97 ? 1 + this.below(15) : 50 + this.below(400), label, run);
  }

  /** Resolves after {@link later}. */
  turn(life: Life, label: string): Promise<void> {
    return new Promise((resolve) => this.later(life, label, resolve));
  }

  /** Sets the business's time forward; what falls due on the way becomes ready, in no order. */
  pass(milliseconds: number): void {
    this.#aheadMs += milliseconds;
  }

  /** When the business waits for something next, in milliseconds since 1970; undefined: never. */
  nextOfBusiness(): number | undefined {
    this.#dropIdle(this.#byBusiness);
    return this.#byBusiness.next();
  }

  /** A timer of the business has fallen due, and has not come yet. */
  get timerIsDue(): boolean {
    const next = this.nextOfBusiness();
    if (next !== undefined && next <= this.businessMs) return true;
    return this.#ready.some(({ label, life, cancelled }) => label === TIMER && life.alive && !cancelled);
  }

  /** @param aheadMs how far it is ahead of the others of its kind, in milliseconds: clocks of several processes differ. */
  clockOf(life: Life, kind: 'machine' | 'business', aheadMs = 0): Clock {
    const machine = kind === 'machine';
    let said: { ms: number; text: Instant } | undefined;
    return {
      now: () => {
        const ms = (machine ? this.machineMs : this.businessMs) + aheadMs;
        if (said?.ms !== ms) said = { ms, text: instant(ms) };
        return said.text;
      },
      at: (moment, due) => {
        const task = this.#task(life, machine ? 'a pause ends' : TIMER, due);
        (machine ? this.#byMachine : this.#byBusiness).put(millisecondsOf(moment) - aheadMs, task);
        return () => {
          task.cancelled = true;
        };
      },
    };
  }

  /** False: nothing is left that could ever happen. */
  async step(): Promise<boolean> {
    if (this.chance(1 / STEPS_PER_MS)) this.#machineMs += 1;
    const task = this.#next() ?? (await this.#nextTurn());
    if (task === undefined) return false;
    this.#steps += 1;
    this.trace.say(`${this.#machineMs} ${task.life.name}: ${task.label}`);
    task.run();
    await turnOfTheLoop();
    return true;
  }

  /** What has only just begun has perhaps not come to its first wait. */
  async #nextTurn(): Promise<Task | undefined> {
    await turnOfTheLoop();
    return this.#next();
  }

  #task(life: Life, label: string, run: () => void): Task {
    return { life: life as OneLife, label, run, cancelled: false };
  }

  #next(): Task | undefined {
    for (;;) {
      this.#collect(this.#byMachine, this.#machineMs);
      this.#collect(this.#byBusiness, this.businessMs);
      const task = this.#pick();
      if (task === undefined) {
        if (!this.#wait()) return undefined;
      } else if (task.life.alive && !task.cancelled) {
        if (!task.life.frozen) return task;
        task.life.held.push(task);
      }
    }
  }

  #pick(): Task | undefined {
    const ready = this.#ready;
    if (ready.length === 0) return undefined;
    const at = this.below(ready.length);
    const task = ready[at];
    const last = ready.pop();
    if (last !== undefined && at < ready.length) ready[at] = last;
    return task;
  }

  #collect(times: DueTimes<Task>, nowMs: number): void {
    for (let next = times.next(); next !== undefined && next <= nowMs; next = times.next()) {
      const task = times.take();
      if (task !== undefined) this.#ready.push(task);
    }
  }

  /** Lets time pass until something is due. */
  #wait(): boolean {
    this.#dropIdle(this.#byMachine);
    const business = this.nextOfBusiness();
    const moments = [this.#byMachine.next(), business === undefined ? undefined : business - this.#aheadMs];
    const first = Math.min(...moments.filter((moment) => moment !== undefined));
    if (!Number.isFinite(first)) return false;
    this.#machineMs = Math.max(this.#machineMs, first);
    return true;
  }

  /** Nobody waits for what was cancelled, or whose life has ended. */
  #dropIdle(times: DueTimes<Task>): void {
    for (let first = times.first(); first !== undefined; first = times.first()) {
      if (!first.cancelled && first.life.alive) return;
      times.take();
    }
  }
}
