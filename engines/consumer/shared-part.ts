import type { Position } from '#domain/kernel/envelope.ts';
import { holderOf, inTurn, type Seen, wishFor } from './members.ts';
import type { Place } from './place.ts';

/** Times of sharing, in milliseconds. */
export interface SharingTimes {
  /** Between two looks at who is there. */
  readonly lookMs: number;
  /** So long a part stays free before it is taken by the next in turn, who waits once as long as this for each before it. */
  readonly patienceMs: number;
  /** So long one is passed over who was offered a part and did not take it: doubled each time, up to the longest. */
  readonly firstPassOverMs: number;
  readonly longestPassOverMs: number;
}

interface PassedOver {
  readonly forMs: number;
  readonly untilMs: number;
}

/**
 * One part in this process. It is asked for by the one whose it should be, or by the next in turn once it was free for a while: one
 * that is present but cannot work keeps nothing idle. It is handed on only to one who asks for it, so that nobody is waited
 * for who has not got it, as in the midst of a change of code.
 */
export class SharedPart {
  readonly name: string;
  readonly #owner: string;
  readonly #times: SharingTimes;
  readonly #passedOver = new Map<string, PassedOver>();
  #turn: readonly string[] = [];
  #isOurs = false;
  #isAnothers = false;
  #isHeld = false;
  #isWithdrawn = false;
  #freeSinceMs: number | undefined;
  #wishingSinceMs: number | undefined;
  #endsAtMs: number | undefined;
  #checkpoint: Position | undefined;
  #handOn: (() => void) | undefined;
  #changed: (() => void)[] = [];
  #atMs = 0;

  constructor(name: string, owner: string, times: SharingTimes) {
    this.name = name;
    this.#owner = owner;
    this.#times = times;
  }

  /** Since when it is wished for; undefined: it is not, or is had. */
  get wishingSinceMs(): number | undefined {
    return this.#wishingSinceMs;
  }

  /** Until when another has it, unless that one renews it; undefined: nobody else does. */
  get endsAtMs(): number | undefined {
    return this.#endsAtMs;
  }

  see({ atMs, members, records }: Seen): void {
    this.#atMs = atMs;
    const record = records.get(this.name);
    this.#checkpoint = record?.checkpoint;
    const holder = holderOf(record, atMs);
    const isFree = holder === undefined || holder === this.#owner;
    this.#isAnothers = !isFree;
    // Its lease has run out, so it is killed or stands still, whatever its presence says: that was renewed at another moment.
    const silent = holder === undefined ? record?.owner : undefined;
    this.#endsAtMs = isFree ? undefined : record?.leasedUntilMs;
    this.#freeSinceMs = isFree && !this.#isHeld ? (this.#freeSinceMs ?? atMs) : undefined;
    this.#turn = inTurn(
      this.name,
      members.filter(
        (member) => member === this.#owner || (member !== silent && !this.#isPassedOver(member)),
      ),
    );
    const before = this.#turn.indexOf(this.#owner);
    const freeMs = atMs - (this.#freeSinceMs ?? atMs);
    this.#isOurs = isFree && (this.#isHeld || freeMs >= before * this.#times.patienceMs);
    this.#wishingSinceMs = before === 0 && !isFree ? (this.#wishingSinceMs ?? atMs) : undefined;
    const wisher = holderOf(records.get(wishFor(this.name)), atMs);
    if (this.#isHeld && before !== 0 && wisher === this.#turn[0]) this.#isWanted();
    this.#tell();
  }

  /** Nothing of it is this process's any more. */
  withdraw(): void {
    this.#isWithdrawn = true;
    this.#isWanted();
    this.#tell();
  }

  /** @param problem why nobody can look at who is there */
  place(problem: () => string | undefined, left: () => void): Place {
    return {
      isOurs: () => this.#isOurs,
      isAnothers: () => this.#isAnothers,
      change: (signal) => this.#change(signal),
      checkpoint: async () => this.#checkpoint,
      taken: () => this.#taken(),
      givenUp: () => {
        this.#isHeld = false;
      },
      whenWanted: (handOn) => {
        this.#handOn = handOn;
        if (this.#isWithdrawn) handOn();
        return () => {
          this.#handOn = undefined;
        };
      },
      problem,
      leave: left,
    };
  }

  #isWanted(): void {
    this.#isOurs = false;
    this.#handOn?.();
  }

  #isPassedOver(member: string): boolean {
    return (this.#passedOver.get(member)?.untilMs ?? 0) > this.#atMs;
  }

  #taken(): void {
    this.#isHeld = true;
    this.#freeSinceMs = undefined;
    this.#wishingSinceMs = undefined;
    for (const member of this.#turn.slice(0, Math.max(0, this.#turn.indexOf(this.#owner))))
      this.#passOver(member);
  }

  /** One that was passed over a short while ago, and again did not take what it was offered, is passed over for twice as long. */
  #passOver(member: string): void {
    const { firstPassOverMs, longestPassOverMs } = this.#times;
    const last = this.#passedOver.get(member);
    const isAgain = last !== undefined && this.#atMs - last.untilMs < 2 * last.forMs;
    const forMs = isAgain ? Math.min(last.forMs * 2, longestPassOverMs) : firstPassOverMs;
    this.#passedOver.set(member, { forMs, untilMs: this.#atMs + forMs });
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const each of changed) each();
  }

  #change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const over = (): void => {
        signal.removeEventListener('abort', over);
        resolve();
      };
      signal.addEventListener('abort', over, { once: true });
      this.#changed.push(over);
    });
  }
}
