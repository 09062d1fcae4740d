import type { BusConsumerOptions, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { signalled } from '../../event-store/wake.ts';
import { consumerDefaults, handled } from '../handling.ts';

/** What waits for the handler, of one partition, before no more is fetched for it. */
const MOST_BYTES = 1_000_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** For so long a commit is tried again once its consumer has been stopped. */
const LAST_COMMIT_MS = 3_000;

export interface PartitionOptions {
  readonly options: BusConsumerOptions;
  readonly clock: Clock;
  /** The consumer stops: what is at work is still committed. */
  readonly stopping: AbortSignal;
  /** One try to say that all before `offset` is done. */
  commit(offset: bigint): Promise<void>;
  problem(text: string | undefined): void;
  /** There is room again for what is fetched. */
  room(): void;
}

const sizeOf = ({ key, value }: ReceivedRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

/** Works through one partition, for as long as it is ours: handles, commits, handles what comes next. */
export function partitionWork({ options, clock, stopping, commit, problem, room }: PartitionOptions) {
  const { most = consumerDefaults.most } = options;
  const lost = new AbortController();
  const either = AbortSignal.any([lost.signal, stopping]);
  const changed = signalled();
  let waiting: readonly ReceivedRecord[] = [];
  let bytes = 0;
  let next = 0n;

  const isFull = (): boolean => bytes >= MOST_BYTES || waiting.length >= 4 * most;

  function take(): readonly ReceivedRecord[] {
    const taken = waiting.slice(0, most);
    waiting = waiting.slice(most);
    for (const record of taken) bytes -= sizeOf(record);
    if (taken.length > 0 && !isFull()) room();
    changed.signal();
    return taken;
  }

  /** Until it stands; not any more when the partition is another's. */
  async function committed(offset: bigint): Promise<void> {
    let untilMs = Number.POSITIVE_INFINITY;
    for (let failures = 1; !lost.signal.aborted && performance.now() < untilMs; failures += 1) {
      if (stopping.aborted && untilMs === Number.POSITIVE_INFINITY)
        untilMs = performance.now() + LAST_COMMIT_MS;
      try {
        await commit(offset);
        problem(undefined);
        return;
      } catch (error) {
        problem(
          `what was handled is not committed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      await pause(clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), lost.signal);
    }
  }

  async function work(): Promise<void> {
    while (!either.aborted) {
      const seen = changed.count();
      const records = take();
      const last = records.at(-1);
      if (last === undefined) await changed.after(seen + 1, either);
      else if (await handled(options, records, { clock, signal: either, problem }))
        await committed(last.offset + 1n);
    }
    problem(undefined);
  }
  const ended = work();

  return {
    ended,
    isFull,
    /** The offset of the next that has not come yet. */
    next: (): bigint => next,
    /** Nothing before it is ours to handle. */
    begin(offset: bigint): void {
      if (offset > next) next = offset;
    },
    push(records: readonly ReceivedRecord[]): void {
      const fresh = records.filter(({ offset }) => offset >= next);
      const last = fresh.at(-1);
      if (last === undefined) return;
      next = last.offset + 1n;
      waiting = [...waiting, ...fresh];
      for (const record of fresh) bytes += sizeOf(record);
      changed.signal();
    },
    /** Resolves when there is room, or after so long. */
    async roomWithin(milliseconds: number): Promise<void> {
      const patience = AbortSignal.any([AbortSignal.timeout(milliseconds), lost.signal]);
      while (isFull() && !patience.aborted) await changed.after(changed.count(), patience);
    },
    /** The partition is another's: what waits is forgotten, and what is at work is not committed. */
    lose(): void {
      lost.abort();
      waiting = [];
    },
  };
}
export type PartitionWork = ReturnType<typeof partitionWork>;
