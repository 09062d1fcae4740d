import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { PipelineLimits } from './limits.ts';

/** A command that is inside: what its answer is measured against. */
export interface Stay {
  readonly enteredAtMs: number;
  /** The era of the limit under which it came in. */
  readonly era: number;
  /** How many had come in, this one included. */
  readonly entries: number;
  /** Nobody else from outside was inside when it came. */
  readonly alone: boolean;
  /** Nor was any work that finishes what was begun. */
  readonly quiet: boolean;
  /** How long it takes tells of the platform; else perhaps only of those whom the same person has sent before it. */
  readonly telling: boolean;
}

/** How many may be inside, learned from how much longer answers take than they would in an idle platform. */
export interface ConcurrencyLimit {
  /** Commands that may be inside at this moment. */
  limit(): number;
  /** One came in, and these were inside before. `telling`: see {@link Stay}. */
  enter(inside: Readonly<Record<'external' | 'system', number>>, telling: boolean): Stay;
  /** More want to come in than may: it is the limit that holds them back. */
  saturated(): void;
  /** It was answered. Commands of one `kind` do the same work when nothing stands in their way. */
  answer(stay: Stay, kind: string): void;
}

type Limits = Pick<PipelineLimits, 'externalInFlight' | 'externalLeast' | 'slowdown' | 'probeEveryMs'>;

/** Answers of one kind to commands that were alone; the newest count. A probe waits for as many, so that all are new. */
const ALONE_REMEMBERED = 8;
/** From so many on they are believed. */
const ALONE_BELIEVED = 3;
/** Commands and the codes of their rejections: more of them than any platform has. */
const MOST_KINDS = 1_000;
/** Clocks count whole milliseconds, and below two of them a ratio says nothing. */
const SHORTEST_BELIEVED_MS = 2;
/** Longer than anybody is kept waiting: the clock was set. */
const LONGEST_BELIEVED_MS = 60_000;
/** Answers by which a limit is judged, at least. */
const FEWEST_ANSWERS = 32;
/** Of them so many have to be quick enough: a few that were slow for a reason of their own say nothing of the platform. */
const JUDGED_SHARE = 3 / 4;
/** By which a limit is multiplied at one judgement, at least and at most. */
const SHARPEST_CUT = 0.5;
const FASTEST_GROWTH = 1.5;
/** A probe that does not find its answers ends all the same. */
const LONGEST_PROBE_MS = 1_000;
/** Between two probes, however much speaks for another one. */
const SHORTEST_BETWEEN_PROBES_MS = 1_000;
/** Under load faster than alone: what is remembered of the idle platform is out of date. */
const IMPLAUSIBLE_SLOWDOWN = 0.75;

/** The value that this share of all does not exceed; 0 of none. */
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * share)] ?? 0;

/** How long each kind takes when nobody else is inside. */
function timesAlone() {
  const kinds = new Map<string, { readonly took: number[]; next: number; usual: number }>();
  return {
    /** Undefined until it has been seen often enough. */
    tookMs(kind: string): number | undefined {
      const known = kinds.get(kind);
      if (known === undefined || known.took.length < ALONE_BELIEVED) return undefined;
      return Math.max(SHORTEST_BELIEVED_MS, known.usual);
    },
    learn(kind: string, tookMs: number): void {
      const known = kinds.get(kind) ?? { took: [], next: 0, usual: 0 };
      if (!kinds.has(kind) && kinds.size < MOST_KINDS) kinds.set(kind, known);
      known.took[known.next] = tookMs;
      known.next = (known.next + 1) % ALONE_REMEMBERED;
      known.usual = quantile(known.took, 1 / 2);
    },
  };
}

/** A limit as long as it holds, with what was seen under it. */
interface Era {
  readonly number: number;
  readonly limit: number;
  readonly slowdowns: number[];
  isHoldingBack: boolean;
}

/** What comes after a limit whose answers took so many times as long as alone. */
function limitAfter({ limit, isHoldingBack }: Era, slowdown: number, tolerated: number): number {
  const fitting = tolerated / slowdown;
  // Slow though nobody was held back: it was not for too many inside, and letting in fewer would not help.
  if (!isHoldingBack) return limit;
  if (slowdown > tolerated) return limit * Math.max(SHARPEST_CUT, fitting);
  // Half of the way, since what comes of it is seen only later.
  return limit + Math.max(1, (limit * (Math.min(FASTEST_GROWTH, fitting) - 1)) / 2);
}

/** What is known of the idle platform, and the probes that look at it. */
function idlePlatform(startMs: number) {
  const usual = timesAlone();
  /** When somebody was alone, or a probe ended. */
  let learnedAtMs = startMs;
  let probe: { readonly startedAtMs: number; answers: number } | undefined;
  return {
    tookMs: usual.tookMs,
    /** From somebody who was alone. `quiet`: no work of our own was inside either. */
    learn(kind: string, tookMs: number, quiet: boolean, now: number): void {
      // Work of our own is no part of an idle platform, but where it never ends something has to be known at last.
      if (quiet || usual.tookMs(kind) === undefined) usual.learn(kind, tookMs);
      learnedAtMs = now;
      if (probe !== undefined) probe.answers += 1;
    },
    sinceMs: (now: number): number => now - learnedAtMs,
    /** The clock was set back. */
    setBack(now: number): void {
      learnedAtMs = now;
    },
    isProbed: (): boolean => probe !== undefined,
    startProbe(now: number): void {
      probe = { startedAtMs: now, answers: 0 };
    },
    /** Whether one has ended just now. */
    endProbe(now: number): boolean {
      if (probe === undefined) return false;
      const passed = now - probe.startedAtMs;
      // A clock that was set back must not keep the limit shut.
      if (probe.answers < ALONE_REMEMBERED && passed >= 0 && passed < LONGEST_PROBE_MS) return false;
      probe = undefined;
      learnedAtMs = now;
      return true;
    },
  };
}

/**
 * The limit follows the *slowdown*: how many times longer an answer takes than it takes alone. What is inside and what
 * leaves in a second make the time each one stays (Little's law), so a limit under which answers take `s` times as long as
 * alone, where `slowdown` is tolerated, is too large by `s / slowdown`, and is cut by that. While it holds somebody back and
 * answers are quick enough, it grows. Each judgement counts only commands that came in under the limit it judges.
 *
 * What alone means is learned whenever somebody happens to be alone. Under a flood nobody is, so now and then the limit
 * goes down to one for a few answers: a store that has become slow or quick is noticed within seconds, and the flood is
 * never taken for the normal state.
 */
export function adaptiveConcurrencyLimit(clock: Pick<Clock, 'now'>, limits: Limits): ConcurrencyLimit {
  const { externalInFlight: most, slowdown: tolerated, probeEveryMs } = limits;
  const least = Math.min(limits.externalLeast, most);
  const nowMs = (): number => millisecondsOf(clock.now());
  const idle = idlePlatform(nowMs());
  let era: Era = { number: 0, limit: least, slowdowns: [], isHoldingBack: false };
  let entries = 0;
  /** What is remembered of the idle platform cannot be true any more; said until it has been looked at again. */
  let isDoubtful = false;

  function begin(next: number): void {
    const limit = Math.min(most, Math.max(least, Math.round(next)));
    era = { number: era.number + 1, limit, slowdowns: [], isHoldingBack: false };
  }

  function startProbe(now: number): void {
    idle.startProbe(now);
    begin(era.limit);
  }

  function endProbeInTime(now: number): void {
    if (!idle.endProbe(now)) return;
    isDoubtful = false;
    begin(era.limit);
  }

  /** Enough answers have come under this limit to say what it is worth. */
  function judge(now: number): void {
    const slowdown = quantile(era.slowdowns, JUDGED_SHARE);
    const since = idle.sinceMs(now);
    if (since < 0) idle.setBack(now);
    isDoubtful ||= slowdown < IMPLAUSIBLE_SLOWDOWN || (slowdown > tolerated && era.limit === least);
    const probeAfterMs = isDoubtful ? SHORTEST_BETWEEN_PROBES_MS : probeEveryMs;
    if (era.isHoldingBack && since >= probeAfterMs) startProbe(now);
    else begin(limitAfter(era, slowdown, tolerated));
  }

  function compare(kind: string, tookMs: number, now: number): void {
    const alone = idle.tookMs(kind);
    if (alone !== undefined) {
      era.slowdowns.push(tookMs / alone);
      if (era.slowdowns.length >= Math.max(FEWEST_ANSWERS, era.limit)) judge(now);
      // Nobody knows how long it should take: somebody has to be alone first.
    } else if (era.isHoldingBack && idle.sinceMs(now) >= SHORTEST_BETWEEN_PROBES_MS) startProbe(now);
  }

  return {
    limit() {
      if (!idle.isProbed()) return era.limit;
      endProbeInTime(nowMs());
      return idle.isProbed() ? 1 : era.limit;
    },
    enter({ external, system }, telling) {
      entries += 1;
      const enteredAtMs = nowMs();
      return { enteredAtMs, era: era.number, entries, alone: external === 0, quiet: system === 0, telling };
    },
    saturated() {
      era.isHoldingBack = true;
    },
    answer(stay, kind) {
      const now = nowMs();
      const tookMs = now - stay.enteredAtMs;
      if (tookMs < 0 || tookMs > LONGEST_BELIEVED_MS) return;
      if (stay.alone && stay.entries === entries) idle.learn(kind, tookMs, stay.quiet, now);
      endProbeInTime(now);
      if (!idle.isProbed() && stay.era === era.number && stay.telling) compare(kind, tookMs, now);
    },
  };
}
