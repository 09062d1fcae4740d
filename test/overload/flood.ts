import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Reply } from '#domain/kernel/envelope.ts';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Random } from '#domain/kernel/ports/facts.ts';
import type { SimulatedClock } from '#engines/clock/simulated.ts';
import { retryAfterMs } from '#runtime/wire.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';

// An open loop in simulated time: commands come when they come, however long the others take. Time stands still while the
// pipeline works, so that only the store's commits take any, and what is told of latencies is exact.

/** Where a flood meets the pipeline. */
export interface Stage {
  readonly clock: SimulatedClock;
  readonly pipeline: Pipeline;
  readonly random: Random;
  /** Appends that the store has not answered. */
  waiting(): number;
}

/** Commands that come at a rate, by chance but always by the same. */
export interface Load {
  readonly perSecond: number;
  send(): Promise<Reply>;
}

/** What somebody was answered. */
export interface Answer {
  readonly reply: Reply;
  /** In milliseconds of simulated time since the load began. */
  readonly sentAtMs: number;
  readonly tookMs: number;
}

/** The most of each at any moment. */
export interface Crowd {
  /** Commands from outside that were let in and not done with. */
  inFlight: number;
  /** Commands that waited for their stream. */
  queued: number;
  /** Appends that the store had not answered. */
  waiting: number;
}

/** Lets one millisecond pass, and everybody do what it brings. */
async function tick({ clock }: Stage): Promise<void> {
  clock.advanceTo(later(clock.now(), 1));
  await nextTurn();
}

/** Lets time pass until the work is done. */
export async function inTime<T>(stage: Stage, work: Promise<T>): Promise<T> {
  let done = false;
  const end = (): void => {
    done = true;
  };
  work.then(end, end);
  while (!done) await tick(stage);
  return work;
}

/**
 * Puts loads on for some simulated time, then lets those inside finish. Answers are told by load, in the order in which they
 * were given.
 */
export async function during<Name extends string>(
  stage: Stage,
  seconds: number,
  loads: Readonly<Record<Name, Load>>,
): Promise<Readonly<Record<Name, readonly Answer[]>> & { readonly crowd: Crowd }> {
  const { clock, pipeline, random } = stage;
  const startMs = millisecondsOf(clock.now());
  const nowMs = (): number => millisecondsOf(clock.now()) - startMs;
  const crowd: Crowd = { inFlight: 0, queued: 0, waiting: 0 };
  const answers = Object.fromEntries(Object.keys(loads).map((name) => [name, []])) as unknown as Record<
    Name,
    Answer[]
  >;
  const due = new Map<string, number>();
  let open = 0;

  async function send(name: Name): Promise<void> {
    open += 1;
    const sentAtMs = nowMs();
    const reply = await loads[name].send();
    answers[name].push({ reply, sentAtMs, tookMs: nowMs() - sentAtMs });
    open -= 1;
  }
  function arrive(name: Name): void {
    // By chance few or many at once, on average as many as asked for.
    let left = (due.get(name) ?? 0) + (loads[name].perSecond / 1_000) * 2 * random();
    for (; left >= 1; left -= 1) void send(name);
    due.set(name, left);
  }
  function look(): void {
    const { inFlight, queued } = pipeline.status();
    crowd.inFlight = Math.max(crowd.inFlight, inFlight.external);
    crowd.queued = Math.max(crowd.queued, queued.commands);
    crowd.waiting = Math.max(crowd.waiting, stage.waiting());
  }

  while (nowMs() < seconds * 1_000) {
    for (const name of Object.keys(loads) as Name[]) arrive(name);
    look();
    await tick(stage);
  }
  while (open > 0) await tick(stage);
  return { ...answers, crowd };
}

export const isAccepted = ({ reply }: Answer): boolean => reply.outcome === 'accepted';
export const isOverloaded = ({ reply }: Answer): boolean =>
  reply.outcome === 'rejected' && reply.rejection.code === 'overloaded';

/** When whoever was refused was told to come again, in milliseconds; undefined where nobody said. */
export const hintsOf = (answers: readonly Answer[]): readonly (number | undefined)[] =>
  answers
    .filter(isOverloaded)
    .map(({ reply }) => (reply.outcome === 'rejected' ? retryAfterMs(reply.rejection) : undefined));

/** The time in milliseconds that 99 % of the accepted did not exceed. */
export function p99(answers: readonly Answer[]): number {
  const times = answers.filter(isAccepted).map(({ tookMs }) => tookMs);
  const found = times.toSorted((one, other) => one - other)[Math.ceil(0.99 * times.length) - 1];
  if (found === undefined) throw new RangeError('nobody was accepted');
  return found;
}

/** Those sent from `fromMs` on, and before `toMs`. */
export const sentFrom = (
  answers: readonly Answer[],
  fromMs: number,
  toMs = Number.POSITIVE_INFINITY,
): readonly Answer[] => answers.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs);

/** How many of these were accepted, in one of these seconds. */
export const acceptedPerSecond = (answers: readonly Answer[], seconds: number): number =>
  answers.filter(isAccepted).length / seconds;

/** After how many milliseconds of a light load nobody was refused any more, or waited longer than `usualMs`. */
export function recoveredAfterMs(light: readonly Answer[], usualMs: number): number {
  const hurt = light.filter((answer) => !isAccepted(answer) || answer.tookMs > usualMs);
  return Math.max(0, ...hurt.map(({ sentAtMs }) => sentAtMs + 1));
}
