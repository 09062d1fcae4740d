import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Walk, Way } from './chains.ts';
import type { SagaInstance } from './instances.ts';
import type { Seen, Sight } from './sights.ts';
import type { Stream } from './streams.ts';

/** The catch-up consumer of one reaction, in the one lane that this world has. */
export interface Net {
  readonly reaction: Reaction;
  readonly on: Way;
  readonly passed: Way;
}

/** How far a net has come. */
export interface Lane {
  readonly net: Net;
  /** The events behind its checkpoint, in the order of the history. */
  readonly roots: readonly Sight[];
  /** Volatile: how many of them it has followed to the end and passed since it began at the checkpoint. */
  readonly passed: number;
  /** Volatile: its way along the chain of the event behind those. */
  readonly walk: Walk | undefined;
}

/** All that decides what may happen next. Parts are shared between states and never changed. */
export interface State {
  /** Durable: the history, by stream. */
  readonly streams: readonly Stream[];
  /** Durable: the sagas, by their streams. */
  readonly instances: readonly SagaInstance[];
  /** Volatile: the answer to what an instance sent, before it is recorded. */
  readonly inHand: readonly (Seen | undefined)[];
  readonly lanes: readonly Lane[];
  /** Volatile: the chains that the write side follows behind its commits, by id. */
  readonly walks: readonly Walk[];
  /** Whether the moment has come at which the lot ends, by the clock that is ahead of all others. */
  readonly timeIsUp: boolean;
}

const scratch: number[] = [];

/** The identities of a state's parts; equal states have equal ones, because equal parts are one. */
export function identityOf(state: State): readonly number[] {
  scratch.length = 0;
  for (const { id } of state.streams) scratch.push(id);
  for (const { id } of state.instances) scratch.push(id);
  for (const answer of state.inHand) scratch.push(answer?.id ?? 0);
  for (const { roots, passed, walk } of state.lanes) {
    scratch.push(-1, passed, walk?.id ?? 0);
    for (const { id } of roots) scratch.push(id);
  }
  scratch.push(state.timeIsUp ? -2 : -3);
  for (const { id } of state.walks) scratch.push(id);
  return scratch;
}

/** A list with one item replaced. */
export const replaced = <T>(list: readonly T[], at: number, item: T): readonly T[] => list.with(at, item);

/** Whether anything would be lost with the memory of the processes. */
export const isVolatile = ({ walks, inHand, lanes }: State): boolean =>
  walks.length > 0 ||
  inHand.some((answer) => answer !== undefined) ||
  lanes.some(({ passed, walk }) => passed > 0 || (walk?.answers.length ?? 0) > 0);

/** After all processes have died: what is durable, and nothing else. */
export const afterCrash = (state: State): State => ({
  ...state,
  walks: [],
  inHand: state.inHand.map(() => undefined),
  lanes: state.lanes.map((lane) => ({ ...lane, passed: 0, walk: undefined })),
});
