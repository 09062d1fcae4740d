import type { RecordedEvent } from './envelope.ts';
import type { Instant } from './instant.ts';
import type { EventDeclaration, NewEvent, Rejection } from './message.ts';
import type { Intent, Recorded } from './reaction.ts';

/** What one step of a saga comes to. All of it is recorded in one append before any of it is done. */
export interface Step<State> {
  readonly state: State;
  /** Sent after the append, each until it is answered; `purpose` names the answer. */
  readonly sends?: readonly Intent[];
  /** Set (again) by name. */
  readonly timers?: readonly { readonly name: string; readonly at: Instant }[];
  readonly cancels?: readonly string[];
  /** Nothing more is expected; later inputs are ignored. */
  readonly done?: boolean;
}

/** The answer to a command the saga sent, with the command's own events: of a no, those that record it. */
export type Answer =
  | { readonly outcome: 'accepted'; readonly events: readonly NewEvent[] }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection; readonly events: readonly NewEvent[] };

/**
 * A process with state and timers. One instance for each id, in the stream `saga-<name>-<id>`. Its handlers are pure; a
 * handler that is missing ignores its input, and one that answers `undefined` does too. State is plain data (bigint allowed).
 */
export interface Saga<State = unknown> {
  readonly name: string;
  /** Of the state's shape. */
  readonly version: number;
  readonly events: readonly EventDeclaration[];
  readonly initial: State;
  /** Which instance an event belongs to; undefined: none. */
  instanceOf(event: RecordedEvent): string | undefined;
  /** An event ignored in one state (`undefined`) is ignored in every later one: only steps are in the history. */
  onEvent(state: State, event: RecordedEvent): Step<State> | undefined;
  /**
   * A yes has taken effect once, for ever. A no that an event records is final; one that nothing records had no effect
   * and was true at its moment: whoever is asked again may say yes. So money may only go another way on a no of the
   * first kind.
   */
  onAnswer(state: State, purpose: string, answer: Answer, now: Instant): Step<State> | undefined;
  onTimer(state: State, name: string, now: Instant): Step<State> | undefined;
}

export function saga<const Es extends readonly EventDeclaration[], State>(declaration: {
  name: string;
  version: number;
  initial: State;
  events: Es;
  id: (event: Recorded<Es[number]>) => string | undefined;
  on: {
    readonly [T in Es[number]['type']]: (
      state: NoInfer<State>,
      event: Recorded<Extract<Es[number], { type: T }>>,
    ) => Step<NoInfer<State>> | undefined;
  };
  /** By the `purpose` of the command answered. */
  answers?: Readonly<
    Record<string, (state: NoInfer<State>, answer: Answer, now: Instant) => Step<NoInfer<State>> | undefined>
  >;
  timers?: Readonly<
    Record<string, (state: NoInfer<State>, now: Instant) => Step<NoInfer<State>> | undefined>
  >;
}): Saga {
  const { name, version, initial, events, id, answers = {}, timers = {} } = declaration;
  const on = declaration.on as unknown as Readonly<
    Record<string, ((state: State, event: RecordedEvent) => Step<State> | undefined) | undefined>
  >;
  const known: Saga<State> = {
    name,
    version,
    events,
    initial,
    instanceOf: id as (event: RecordedEvent) => string | undefined,
    onEvent: (state, event) => on[event.type]?.(state, event),
    onAnswer: (state, purpose, answer, now) => answers[purpose]?.(state, answer, now),
    onTimer: (state, timer, now) => timers[timer]?.(state, now),
  };
  return known as Saga;
}
