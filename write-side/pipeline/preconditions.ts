import type { Rejection } from '#domain/kernel/message.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import type { ReadStream, Workflow } from '#domain/kernel/workflow.ts';
import type { Head } from './head.ts';
import type { Heads } from './heads.ts';
import type { ReadyCommand } from './intake.ts';
import type { PipelineLimits } from './limits.ts';
import type { Rate } from './rate.ts';

/**
 * What the precondition of a command's workflow hands to its decider; `undefined` for a command without one.
 *
 * @throws StoreError when a stream could not be read
 */
export type CheckPrecondition = (ready: ReadyCommand) => Promise<Checked>;
export type Checked = { readonly precondition: unknown } | Rejection;

/** One of the streams of a precondition, by its name there. */
interface Named extends Pick<ReadStream, 'decider' | 'toEnd'> {
  readonly name: string;
  readonly stream: string;
}

type States = Readonly<Record<string, unknown>>;

interface Options {
  readonly workflows: ReadonlyMap<string, Workflow>;
  readonly heads: Heads;
  readonly clock: Pick<Clock, 'now'>;
  readonly rate: Rate;
  readonly limits: Pick<PipelineLimits, 'preconditionsReading'>;
  /** Nobody writes beside this process, so that what is in memory is the end of its stream. */
  readonly soleWriter: boolean;
}

type FromMemory = (named: Named) => boolean;
type Found = { readonly states: States; readonly newest: boolean } | Rejection;
type StatesOf = (streams: readonly Named[], fromMemory: FromMemory) => Promise<Found>;

/** The states of streams: what is known of those that may be taken from memory, the others read to their ends. */
function stateReader({ heads, rate, limits }: Options): StatesOf {
  let reading = 0;
  return async (streams, fromMemory) => {
    const statesIn = (found: readonly (Head | undefined)[]): States =>
      Object.fromEntries(streams.map(({ name }, at) => [name, found[at]?.state]));
    const known = streams.map((named) => (fromMemory(named) ? heads.cached(named.stream) : undefined));
    if (!known.includes(undefined)) return { states: statesIn(known), newest: false };
    if (reading >= limits.preconditionsReading) return Overloaded({ retryAfterMs: rate.waitMs(reading) });
    reading += 1;
    try {
      const found = await Promise.all(
        streams.map(({ stream, decider }, at) => known[at] ?? heads.refresh(stream, decider)),
      );
      return { states: statesIn(found), newest: known.every((head) => head === undefined) };
    } finally {
      reading -= 1;
    }
  };
}

/** The states of all streams of a workflow, those first that name the others. */
async function allStates(
  statesOf: StatesOf,
  { reads, readsNext }: Workflow,
  { data, envelope: { actor } }: ReadyCommand,
  fromMemory: FromMemory,
): Promise<Found> {
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

export function preconditions(options: Options): CheckPrecondition {
  const { workflows, clock, soleWriter } = options;
  const statesOf = stateReader(options);
  return async (ready) => {
    const workflow = workflows.get(ready.command.type);
    if (workflow === undefined) return { precondition: undefined };
    const { data, envelope } = ready;
    const check = (states: States): unknown =>
      workflow.precondition(states, data, { now: clock.now(), actor: envelope.actor });
    const known = await allStates(statesOf, workflow, ready, ({ toEnd }) => soleWriter || toEnd !== true);
    if ('rejected' in known) return known;
    const precondition = check(known.states);
    // A yes may be out of date where the stages behind it decide again. A no would be the last word, so it has to be new.
    if (known.newest || !workflow.refuses(precondition)) return { precondition };
    const newest = await allStates(statesOf, workflow, ready, () => false);
    return 'rejected' in newest ? newest : { precondition: check(newest.states) };
  };
}
