import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Clock, Random } from '#domain/kernel/ports/facts.ts';
import { Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import { counts } from '#runtime/counts.ts';
import { adaptiveConcurrencyLimit } from './concurrency-limit.ts';
import type { PipelineLimits } from './limits.ts';
import { overloadDetector } from './overload-detector.ts';
import { observedRate, type Rate } from './rate.ts';
import { retryHints } from './retry-hints.ts';

export type Side = 'external' | 'system';

/** A command that was let in. */
export interface Admitted {
  /**
   * Its answer is there and rests on something that was recorded for it. `kind`: what was done, in a word that is the same
   * for the same work.
   */
  answered(kind: string): void;
  /** All that it has set going is done. Only the first call counts. */
  leave(): void;
}

/** Who may come in, and who is still inside. */
export interface Admission {
  /** Lets a command of this person in, or says why not: quickly, because most of a flood is told so. */
  enter(side: Side, person: string): Admitted | Rejection;
  /** Lets nobody in any more; resolves when everybody has left. */
  close(): Promise<void>;
  inFlight(): Readonly<Record<Side, number>>;
  /** Commands from outside that may be inside now, a burst beyond them apart. */
  limit(): number;
  closed(): boolean;
}

const RESTART_WAIT_MS = 1_000;
/** Of all places, in parts of them: kept for those who have nothing inside. */
const KEPT_FOR_OTHERS = 1 / 3;

/** Who is inside, by side, and whether anybody else may come. */
function occupancy() {
  const inside = { external: 0, system: 0 };
  let closing: { readonly empty: Promise<void>; readonly resolve: () => void } | undefined;
  const settleIfEmpty = (): void => {
    if (inside.external + inside.system === 0) closing?.resolve();
  };
  return {
    inside,
    /** One comes in, and leaves by the function that is returned. */
    enter(side: Side, left: () => void): () => void {
      inside[side] += 1;
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        inside[side] -= 1;
        left();
        settleIfEmpty();
      };
    },
    close(): Promise<void> {
      if (closing === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        closing = { empty: promise, resolve };
        settleIfEmpty();
      }
      return closing.empty;
    },
    closed: () => closing !== undefined,
  };
}

/**
 * The admission control of the pipeline. What comes from outside is let in as long as those inside are answered about as quickly as
 * in an idle platform ({@link adaptiveConcurrencyLimit}). The last third is for people who have nothing inside, so that whoever sends
 * many at once does not shut out those who send one. Outside a flood ({@link overloadDetector}) a bounded burst is let in beyond
 * that: it waits longer, and more of it are served in a second. Nobody waits outside: who is refused has nothing
 * decided, and is told when to come again.
 *
 * What finishes work (`system`) is counted apart, and no flood outside keeps it out. Steps that a command sets going do not
 * be admitted again.
 */
export function admissionControl(options: {
  readonly limits: PipelineLimits;
  readonly rate: Rate;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}): Admission {
  const { limits, rate, clock, random } = options;
  const { inside, enter, close, closed } = occupancy();
  const learned = adaptiveConcurrencyLimit(clock, limits);
  /** How many commands each person has inside, which bounds how many persons there are. */
  const persons = counts();
  /** Of commands from outside alone: each of them is several commands once admitted. */
  const departures = observedRate(clock);
  const hints = retryHints(departures, random);
  const flood = overloadDetector();

  function enterFromOutside(person: string): Admitted | Rejection {
    const nowMs = millisecondsOf(clock.now());
    const own = persons.of(person);
    const burst = flood.isOn(nowMs) ? 0 : limits.externalBurst;
    const places = Math.min(learned.limit() + burst, limits.externalInFlight);
    const kept = own === 0 ? 0 : Math.floor(places * KEPT_FOR_OTHERS);
    if (inside.external >= places - kept) {
      flood.refused(nowMs);
      learned.saturated();
      return Overloaded({ retryAfterMs: hints.next(nowMs) });
    }
    flood.cameIn(nowMs);
    // Whoever sends many at once waits for themselves, which is no reason to let fewer others in.
    const stay = learned.enter(inside, own === 0 || own === inside.external);
    persons.add(person);
    return {
      answered: (kind) => learned.answer(stay, kind),
      leave: enter('external', () => {
        persons.remove(person);
        departures.count();
      }),
    };
  }

  function enterToFinish(): Admitted | Rejection {
    if (inside.system >= limits.systemInFlight) {
      return Overloaded({ retryAfterMs: rate.waitMs(inside.system) });
    }
    return { answered: () => undefined, leave: enter('system', () => undefined) };
  }

  return {
    enter(side, person) {
      if (closed()) return Unavailable({ retryAfterMs: RESTART_WAIT_MS });
      return side === 'system' ? enterToFinish() : enterFromOutside(person);
    },
    close,
    inFlight: () => ({ ...inside }),
    limit: () => learned.limit(),
    closed,
  };
}
