import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { pause } from '#runtime/pause.ts';
import { memberOf, seenIn, staleSigns, wishFor } from './members.ts';
import type { Place } from './place.ts';
import { SharedPart, type SharingTimes } from './shared-part.ts';

export interface SharingOptions {
  readonly consumers: Pick<ConsumerStore, 'lease' | 'all' | 'forget'>;
  /** The clock by which leases run. */
  readonly clock: Clock;
  /** Whose members share their parts: a role. */
  readonly group: string;
  /** Names this process, as in the consumer loop. */
  readonly owner: string;
  /** Between two looks at who is there, in milliseconds; all other times follow it. Default 1,000. */
  readonly lookMs?: number;
  /** How long a silent member counts as present, in milliseconds. Default 6,000. */
  readonly presentMs?: number;
}

/** One process of several that run the same consumers. */
export interface Sharing {
  readonly owner: string;
  /** The place of a part that is run here. The first one announces this process. */
  placeOf(part: string): Place;
  /** Withdraws, before a stop: what is held here is handed on behind the batch at work, and nothing more is asked for. */
  leave(): Promise<void>;
}

/** Signs of those who are gone are removed after so many times the time that they were given. */
const STALE_TIMES = 5;
/** While something is asked for or has just come, it is looked so many times as often; for at most so many looks. */
const QUICKER = 5;
const QUICK_FOR_LOOKS = 10;
/** A stop waits at most for so many looks until the others are told. */
const LEAVING_LOOKS = 1;
/** A wish holds for so many looks without being said again. */
const WISH_LOOKS = 3;

const timesOf = (lookMs: number): SharingTimes => ({
  lookMs,
  patienceMs: 3 * lookMs,
  firstPassOverMs: 10 * lookMs,
  longestPassOverMs: 600 * lookMs,
});

/** Shares the parts of a group's consumers among its processes. Costs one read a look, and one write for each third of its time. */
export function shareWork(options: SharingOptions): Sharing {
  const member = new Member(options);
  return {
    owner: options.owner,
    placeOf: (part) => member.placeOf(part),
    leave: () => member.leave(),
  };
}

class Member {
  readonly #options: SharingOptions;
  readonly #times: SharingTimes;
  readonly #presentMs: number;
  readonly #parts = new Set<SharedPart>();
  /** What is wished for, and since when as the store knows it. */
  readonly #wished = new Map<string, number>();
  readonly #left = new AbortController();
  #looking: Promise<void> | undefined;
  #hurry = new AbortController();
  #announcedAtMs = 0;
  #problem: string | undefined;

  constructor(options: SharingOptions) {
    this.#options = options;
    this.#times = timesOf(options.lookMs ?? 1_000);
    this.#presentMs = options.presentMs ?? 6_000;
  }

  placeOf(name: string): Place {
    const part = new SharedPart(name, this.#options.owner, this.#times);
    this.#parts.add(part);
    this.#hurry.abort();
    if (!this.#left.signal.aborted) this.#looking ??= this.#lookOn();
    return part.place(
      () => this.#problem,
      () => this.#parts.delete(part),
    );
  }

  async leave(): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    const { clock, group, owner } = this.#options;
    // Those who see it free must not take it for the part of one who is there. What a store that is away is not told runs out.
    const told = new AbortController();
    const telling = this.#withdraw([memberOf(group, owner), ...[...this.#wished.keys()].map(wishFor)]);
    await Promise.race([
      telling.finally(() => told.abort()),
      pause(clock, LEAVING_LOOKS * this.#times.lookMs, told.signal),
    ]);
    for (const part of this.#parts) part.withdraw();
  }

  #now(): number {
    return millisecondsOf(this.#options.clock.now());
  }

  async #lookOn(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#left;
    const shortMs = Math.max(1, Math.floor(this.#times.lookMs / QUICKER));
    while (!signal.aborted) {
      this.#hurry = new AbortController();
      try {
        await this.#look();
        this.#problem = undefined;
      } catch (error) {
        this.#problem = String(error);
      }
      await pause(clock, shortMs, signal);
      if (!this.#isQuick())
        await pause(clock, this.#restMs(shortMs), AbortSignal.any([signal, this.#hurry.signal]));
    }
  }

  /** An owner hands on what is asked for within moments, unless it is stuck in a batch. */
  #isQuick(): boolean {
    const since = this.#now() - QUICK_FOR_LOOKS * this.#times.lookMs;
    return [...this.#parts].some(({ wishingSinceMs = 0 }) => wishingSinceMs > since);
  }

  /** Until the next look: at once when a lease runs out that nobody has renewed. */
  #restMs(spentMs: number): number {
    const now = this.#now();
    const ends = [...this.#parts].flatMap(({ endsAtMs }) => (endsAtMs === undefined ? [] : endsAtMs - now));
    return Math.max(0, Math.min(this.#times.lookMs - spentMs, ...ends));
  }

  async #look(): Promise<void> {
    const { consumers, group, owner } = this.#options;
    await this.#announce();
    const records = await consumers.all();
    if (this.#left.signal.aborted) return;
    const now = this.#now();
    const seen = seenIn(records, now, { group, owner });
    for (const part of this.#parts) part.see(seen);
    await this.#wish();
    for (const sign of staleSigns(records, now - STALE_TIMES * this.#presentMs)) await consumers.forget(sign);
  }

  async #announce(): Promise<void> {
    const { consumers, group, owner } = this.#options;
    const now = this.#now();
    // A clock that was set back must not silence it.
    if (Math.abs(now - this.#announcedAtMs) < this.#presentMs / 3) return;
    await consumers.lease(memberOf(group, owner), owner, now, this.#presentMs);
    this.#announcedAtMs = now;
  }

  /** Asks the owners of what should be ours, and takes back what is had or should be another's. */
  async #wish(): Promise<void> {
    const { consumers, owner } = this.#options;
    const wishing = [...this.#parts].flatMap(({ wishingSinceMs, name }) =>
      wishingSinceMs === undefined ? [] : [name],
    );
    const { lookMs } = this.#times;
    for (const name of wishing) {
      const now = this.#now();
      if (Math.abs(now - (this.#wished.get(name) ?? 0)) < lookMs) continue;
      this.#wished.set(name, now);
      await consumers.lease(wishFor(name), owner, now, WISH_LOOKS * lookMs);
    }
    for (const name of [...this.#wished.keys()])
      if (!wishing.includes(name)) {
        this.#wished.delete(name);
        await consumers.forget(wishFor(name));
      }
  }

  async #withdraw(signs: readonly string[]): Promise<void> {
    // What is on its way would stand behind it.
    await this.#looking;
    for (const sign of signs) await this.#options.consumers.forget(sign).catch(() => undefined);
  }
}
