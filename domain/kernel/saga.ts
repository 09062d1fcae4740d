import type { RecordedEvent } from './envelope.ts';
import { type HandledBy, type Handling, handlersOf, when } from './handlers.ts';
import type { Instant } from './instant.ts';
import type { Intent } from './intent.ts';
import type { EventDeclaration, NewEvent, Rejection } from './message.ts';
import type { Recorded } from './reaction.ts';

/** A command with the name of its answer. */
export interface Sending<Purpose extends string = string> extends Intent {
  readonly purpose: Purpose;
}

/**
 * What one step of a saga comes to. All of it is recorded in one append before any of it is done. The purposes and timers of
 * a saga are unions of names: a name that nothing answers does not compile.
 */
export interface Step<State, Purpose extends string = string, Timer extends string = string> {
  readonly state: State;
  /** Sent after the append, each until it is answered; `purpose` names the answer. */
  readonly sends?: readonly Sending<Purpose>[];
  /** Set (again) by name. */
  readonly timers?: readonly { readonly name: Timer; readonly at: Instant }[];
  readonly cancels?: readonly Timer[];
  /** Nothing more is expected; later inputs are ignored. */
  readonly done?: boolean;
}

/** The answer to a command the saga sent, with the command's own events: of a no, those that record it. */
export type Answer =
  | { readonly outcome: 'accepted'; readonly events: readonly NewEvent[] }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection; readonly events: readonly NewEvent[] };

/**
 * A workflow over time, with state and timers. One instance for each id, in the stream `saga-<name>-<id>`. Its handlers are pure; a
 * handler that answers `undefined` ignores its input. State is plain data (bigint allowed).
 */
export interface Saga<State = unknown> {
  readonly name: string;
  /** Of the state's shape. */
  readonly version: number;
  readonly events: readonly EventDeclaration[];
  /** The names of the answers and of the timers that it may wait for. */
  readonly purposes: readonly string[];
  readonly timers: readonly string[];
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

/** The handler of an answer that changes nothing, whatever it is: said, so that none is forgotten. */
export const unheard = (): undefined => undefined;

type Handler<State, Rest extends readonly unknown[], Purpose extends string, Timer extends string> = (
  state: State,
  ...rest: Rest
) => Step<State, Purpose, Timer> | undefined;

/** The handler of this name. @throws TypeError for a name of no handler: what waits for it would wait for ever */
function handlerOf<H>(saga: string, of: string, handlers: Readonly<Record<string, H>>, name: string): H {
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (handler === undefined) throw new TypeError(`${saga} has no handler for its ${of} '${name}'`);
  return handler;
}

/** `when(LotPassed, AuctionCancelled, handler)` */
type Stepping<State, Purpose extends string, Timer extends string> = <
  const Es extends readonly EventDeclaration[],
>(
  ...named: readonly [...Es, Handler<State, [event: Recorded<Es[number]>], Purpose, Timer>]
) => Handling<Es[number]>;

/**
 * Declares a saga of the events that its handlers are of. Its purposes are the names of `answers`, its timers those of
 * `timers`: each that a step names has its handler.
 */
export function saga<
  State,
  const Hs extends readonly Handling[],
  Purpose extends string = never,
  Timer extends string = never,
>(declaration: {
  name: string;
  version: number;
  initial: State;
  /** By the `purpose` of the command answered. */
  answers?: {
    readonly [P in Purpose]: Handler<
      NoInfer<State>,
      [answer: Answer, now: Instant],
      NoInfer<Purpose>,
      NoInfer<Timer>
    >;
  };
  timers?: {
    readonly [T in Timer]: Handler<NoInfer<State>, [now: Instant], NoInfer<Purpose>, NoInfer<Timer>>;
  };
  // Before what is typed by it.
  on: (when: Stepping<NoInfer<State>, NoInfer<Purpose>, NoInfer<Timer>>) => Hs;
  id: (event: Recorded<HandledBy<Hs>>) => string | undefined;
}): Saga {
  const { name, version, initial, id } = declaration;
  type Loose<Rest extends readonly unknown[]> = Readonly<
    Record<string, Handler<State, Rest, string, string>>
  >;
  const on = handlersOf<Handler<State, [event: RecordedEvent], string, string>>(
    `the saga ${name}`,
    declaration.on(when as Stepping<State, Purpose, Timer>),
  );
  const answers = (declaration.answers ?? {}) as unknown as Loose<[answer: Answer, now: Instant]>;
  const timers = (declaration.timers ?? {}) as unknown as Loose<[now: Instant]>;
  const known: Saga<State> = {
    name,
    version,
    events: on.events,
    purposes: Object.keys(answers),
    timers: Object.keys(timers),
    initial,
    instanceOf: id as (event: RecordedEvent) => string | undefined,
    onEvent: (state, event) => on.of(event.type)?.(state, event),
    onAnswer: (state, purpose, answer, now) =>
      handlerOf(name, 'answer', answers, purpose)(state, answer, now),
    onTimer: (state, timer, now) => handlerOf(name, 'timer', timers, timer)(state, now),
  };
  return known as Saga;
}
