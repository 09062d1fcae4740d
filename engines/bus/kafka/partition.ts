import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { BusConsumerOptions, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { signalled } from '../../event-store/wake.ts';
import { consumerDefaults, handled, textOf } from '../handling.ts';

/** What waits for the handler, of one partition, before no more is fetched for it. */
const MOST_BYTES = 1_000_000;
const MOST_TAKES = 4;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** For so long a commit is tried again once its consumer has been stopped. */
const LAST_COMMIT_MS = 3_000;
/**
 * A commit that does not stand by then stands nowhere: the driver keeps asking the broker that had the group before, where a join has failed
 * between the two, and what is committed elsewhere is heard of by heartbeats alone.
 */
const STUCK_MS = 10_000;

export interface PartitionOptions {
  readonly options: BusConsumerOptions;
  readonly clock: Clock;
  /** The consumer stops: what is at work is still committed. */
  readonly stopping: AbortSignal;
  /** One try to say that all before `offset` is done. */
  commit(offset: bigint): Promise<void>;
  problem(text: string | undefined): void;
  /** Nothing is committed any more, and another consumer has to be: what was handled since is handled again. */
  stuck(why: string): void;
  /** There is room again for what is fetched. */
  room(): void;
}

const sizeOf = ({ key, value }: ReceivedRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

/** Works through one partition for as long as it is ours: handles, commits, handles what comes next. */
export class PartitionWork {
  readonly #given: PartitionOptions;
  readonly #most: number;
  readonly #lost = new AbortController();
  /** The partition is another's, or the consumer stops. */
  readonly #over: AbortSignal;
  readonly #changed = signalled();
  #waiting: readonly ReceivedRecord[] = [];
  #bytes = 0;
  #next = 0n;
  #hasCommitted = false;
  readonly ended: Promise<void>;

  constructor(given: PartitionOptions) {
    this.#given = given;
    this.#most = given.options.most ?? consumerDefaults.most;
    this.#over = AbortSignal.any([this.#lost.signal, given.stopping]);
    this.ended = this.#work();
  }

  /** The offset of the next that has not come yet. */
  get next(): bigint {
    return this.#next;
  }

  /** The group has a place here, unless somebody has taken it away. */
  get hasCommitted(): boolean {
    return this.#hasCommitted;
  }

  get isFull(): boolean {
    return this.#bytes >= MOST_BYTES || this.#waiting.length >= MOST_TAKES * this.#most;
  }

  /** Nothing before it is ours to handle. */
  begin(offset: bigint): void {
    if (offset > this.#next) this.#next = offset;
  }

  /** What has come already is passed over. */
  push(records: readonly ReceivedRecord[]): void {
    const fresh = records.filter(({ offset }) => offset >= this.#next);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.#next = last.offset + 1n;
    this.#waiting = [...this.#waiting, ...fresh];
    for (const record of fresh) this.#bytes += sizeOf(record);
    this.#changed.signal();
  }

  /** Resolves when there is room, or after so long. */
  async roomWithin(milliseconds: number): Promise<void> {
    const patience = AbortSignal.any([AbortSignal.timeout(milliseconds), this.#lost.signal]);
    while (this.isFull && !patience.aborted) await this.#changed.after(this.#changed.count(), patience);
  }

  /** The partition is another's: what waits is forgotten, and what is at work is not committed. */
  lose(): void {
    this.#lost.abort();
    this.#waiting = [];
  }

  #take(): readonly ReceivedRecord[] {
    const taken = this.#waiting.slice(0, this.#most);
    if (taken.length === 0) return taken;
    const wasFull = this.isFull;
    this.#waiting = this.#waiting.slice(this.#most);
    for (const record of taken) this.#bytes -= sizeOf(record);
    if (wasFull && !this.isFull) this.#given.room();
    this.#changed.signal();
    return taken;
  }

  async #work(): Promise<void> {
    const { options, clock, problem } = this.#given;
    const around = { clock, signal: this.#over, problem };
    while (!this.#over.aborted) {
      const records = this.#take();
      const last = records.at(-1);
      if (last === undefined) await this.#changed.after(this.#changed.count(), this.#over);
      else if (await handled(options, records, around)) await this.#commit(last.offset + 1n);
    }
    problem(undefined);
  }

  /** Until it stands; not any more when the partition is another's. */
  async #commit(offset: bigint): Promise<void> {
    const { clock, stopping, commit, problem, stuck } = this.#given;
    const beganMs = millisecondsOf(clock.now());
    let untilMs = Number.POSITIVE_INFINITY;
    for (let failures = 1; !this.#lost.signal.aborted && performance.now() < untilMs; failures += 1) {
      if (stopping.aborted) untilMs = Math.min(untilMs, performance.now() + LAST_COMMIT_MS);
      try {
        await commit(offset);
        this.#hasCommitted = true;
        return problem(undefined);
      } catch (error) {
        const why = `what was handled is not committed: ${textOf(error)}`;
        problem(why);
        if (millisecondsOf(clock.now()) - beganMs > STUCK_MS) stuck(why);
      }
      await pause(clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), this.#lost.signal);
    }
  }
}
