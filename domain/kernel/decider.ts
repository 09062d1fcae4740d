import type { Actor } from './actor.ts';
import type { PersonId } from './ids.ts';
import type { Instant } from './instant.ts';
import type {
  CommandData,
  CommandDeclaration,
  EventDeclaration,
  EventOf,
  NewEvent,
  PreconditionMark,
  Rejection,
  RejectionOf,
} from './message.ts';
import type { StreamDeclaration } from './stream.ts';

/** All that a decision may know beside the command and the state. */
export interface Facts<Precondition = undefined> {
  readonly now: Instant;
  readonly actor: Actor;
  /** A fresh UUIDv7, one for each decision: the name of whatever the decision makes. */
  readonly id: string;
  readonly precondition: Precondition;
}

/**
 * Where a folded event stands. `position` is undefined while the event waits to be recorded: only the fold of a
 * recorded event may keep it, and only of a *barrier* (see {@link Decider.barriers}) is it known to every later decision;
 * the precondition of a workflow reads recorded events alone.
 */
export interface FoldedAt {
  readonly position: bigint | undefined;
  /** The `now` of the decision that made the event. */
  readonly occurredAt: Instant;
  /** Who asked for it. */
  readonly actor: PersonId;
}

type PreconditionOf<C> = C extends { readonly precondition?: PreconditionMark<infer S> } ? S : undefined;

/** An empty list means: nothing to do, and that is fine (a repeat). */
export type Decision<Event, Rejection> = readonly Event[] | Rejection;

type DecideOf<C, State, Event> = C extends { readonly rejections: readonly (infer R)[] }
  ? (data: CommandData<C>, state: State, facts: Facts<PreconditionOf<C>>) => Decision<Event, RejectionOf<R>>
  : never;

/** One branch for each command: a missing one does not compile, nor does a rejection the command does not declare. */
export type Decide<Cs extends readonly CommandDeclaration[], State, Event> = {
  readonly [T in Cs[number]['type']]: DecideOf<Extract<Cs[number], { readonly type: T }>, State, Event>;
};

export interface Decider<
  State,
  Es extends readonly EventDeclaration[],
  Cs extends readonly CommandDeclaration[],
> {
  /** Of the streams it decides. */
  readonly category: string;
  readonly events: Es;
  readonly commands: Cs;
  /** The version of the state's shape. A snapshot of another version is discarded. State is plain data (bigint allowed). */
  readonly stateVersion: number;
  readonly initial: State;
  readonly evolve: (state: State, event: EventOf<Es[number]>, at: FoldedAt) => State;
  readonly decide: Decide<Cs, State, EventOf<Es[number]>>;
  /** Event types after which nothing more is decided on the stream until they are recorded and their position is known. */
  readonly barriers: readonly string[];
}

export function decider<
  const Es extends readonly EventDeclaration[],
  const Cs extends readonly CommandDeclaration[],
  State,
>(declaration: {
  stream: Pick<StreamDeclaration, 'category'>;
  events: Es;
  commands: Cs;
  stateVersion: number;
  initial: State;
  evolve: (state: NoInfer<State>, event: EventOf<Es[number]>, at: FoldedAt) => NoInfer<State>;
  decide: Decide<Cs, NoInfer<State>, EventOf<Es[number]>>;
  barriers?: readonly Es[number]['type'][];
}): Decider<State, Es, Cs> {
  const { stream, barriers = [], ...known } = declaration;
  return { ...known, category: stream.category, barriers };
}

/** A decider with its types forgotten: what the pipeline works with. Schemas prove at run time what types did before. */
export interface AnyDecider {
  readonly category: string;
  readonly events: readonly EventDeclaration[];
  readonly commands: readonly CommandDeclaration[];
  readonly stateVersion: number;
  readonly initial: unknown;
  readonly barriers: readonly string[];
  evolve(state: unknown, event: NewEvent, at: FoldedAt): unknown;
  readonly decide: Readonly<
    Record<string, (data: object, state: unknown, facts: Facts<unknown>) => Decision<NewEvent, Rejection>>
  >;
}

/** Forgets a decider's types. The one cast of the kind, sound because the registry parses what it hands in. */
export const forget = (known: { readonly category: string }): AnyDecider => known as AnyDecider;
