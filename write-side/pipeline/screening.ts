import type { Rejection } from '#domain/kernel/message.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Process, ReadStream } from '#domain/kernel/process.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import type { Head } from './head.ts';
import type { Heads } from './heads.ts';
import type { ReadyCommand } from './intake.ts';
import type { PipelineLimits } from './limits.ts';
import type { Rate } from './rate.ts';

/**
 * What the screen of a command's process hands to its decider; `undefined` for a command without one.
 *
 * @throws StoreError when a stream could not be read
 */
export type Screening = (ready: ReadyCommand) => Promise<Screened>;
export type Screened = { readonly screened: unknown } | Rejection;

/** One of the streams of a screen, by its name there. */
interface Named extends Pick<ReadStream, 'decider' | 'toEnd'> {
  readonly name: string;
  readonly stream: string;
}

type States = Readonly<Record<string, unknown>>;

export function screening(options: {
  readonly processes: ReadonlyMap<string, Process>;
  readonly heads: Heads;
  readonly clock: Pick<Clock, 'now'>;
  readonly rate: Rate;
  readonly limits: Pick<PipelineLimits, 'screensReading'>;
  /** Nobody writes beside this process, so that what is in memory is the end of its stream. */
  readonly soleWriter: boolean;
}): Screening {
  const { processes, heads, clock, rate, limits, soleWriter } = options;
  let reading = 0;

  /** The states of streams: what is known of those that may be taken from memory, the others read to their ends. */
  async function statesOf(
    streams: readonly Named[],
    fromMemory: (named: Named) => boolean,
  ): Promise<{ readonly states: States; readonly newest: boolean } | Rejection> {
    const statesIn = (found: readonly (Head | undefined)[]): States =>
      Object.fromEntries(streams.map(({ name }, at) => [name, found[at]?.state]));
    const known = streams.map((named) => (fromMemory(named) ? heads.cached(named.stream) : undefined));
    if (!known.includes(undefined)) return { states: statesIn(known), newest: false };
    if (reading >= limits.screensReading) return Overloaded({ retryAfterMs: rate.waitMs(reading) });
    reading += 1;
    try {
      const found = await Promise.all(
        streams.map(({ stream, decider }, at) => known[at] ?? heads.refresh(stream, decider)),
      );
      return { states: statesIn(found), newest: known.every((head) => head === undefined) };
    } finally {
      reading -= 1;
    }
  }

  /** The states of all streams of a process, those first that name the others. */
  async function allStates(
    { reads, readsNext }: Process,
    { data, envelope: { actor } }: ReadyCommand,
    fromMemory: (named: Named) => boolean,
  ): ReturnType<typeof statesOf> {
    const first = await statesOf(
      Object.entries(reads).map(
        ([name, { decider, stream, toEnd = false }]): Named => ({
          ...{ name, decider, toEnd },
          stream: stream(data, actor),
        }),
      ),
      fromMemory,
    );
    if ('rejected' in first) return first;
    const named: Named[] = [];
    const absent: [string, unknown][] = [];
    for (const [name, { decider, stream, toEnd = false }] of Object.entries(readsNext)) {
      const found = stream(first.states, actor);
      if (found === undefined) absent.push([name, decider.initial]);
      else named.push({ ...{ name, decider, toEnd }, stream: found });
    }
    const states = { ...first.states, ...Object.fromEntries(absent) };
    if (named.length === 0) return { ...first, states };
    const next = await statesOf(named, fromMemory);
    if ('rejected' in next) return next;
    return { states: { ...states, ...next.states }, newest: first.newest && next.newest };
  }

  return async (ready) => {
    const process = processes.get(ready.command.type);
    if (process === undefined) return { screened: undefined };
    const { data, envelope } = ready;
    const screen = (states: States): unknown =>
      process.screen(states, data, { now: clock.now(), actor: envelope.actor });
    const known = await allStates(process, ready, ({ toEnd }) => soleWriter || toEnd !== true);
    if ('rejected' in known) return known;
    const screened = screen(known.states);
    // A yes may be out of date where the stages behind it decide again. A no would be the last word, so it has to be new.
    if (known.newest || !process.refuses(screened)) return { screened };
    const newest = await allStates(process, ready, () => false);
    return 'rejected' in newest ? newest : { screened: screen(newest.states) };
  };
}
