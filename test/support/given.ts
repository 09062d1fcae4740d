import type { Actor, Role } from '#domain/kernel/actor.ts';
import type { Decider, Facts, FoldedAt } from '#domain/kernel/decider.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import type {
  Command,
  CommandDeclaration,
  EventDeclaration,
  EventOf,
  NewEvent,
  Rejection,
} from '#domain/kernel/message.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Answer, Saga, Step } from '#domain/kernel/saga.ts';
import type { View } from '#projections/view.ts';

// Given a history, when something happens, then that follows: what deciders, views, reactions and sagas are tried on, without
// a platform around them. All of them are pure, so that nothing has to be started or waited for.

/** The moment of every decision and event that is not given another. */
export const NOW = '2026-03-01T12:00:00.000Z';

export const person = (id: string, roles: readonly Role[] = ['bidder'], reputation = 0): Actor => ({
  ...{ id, reputation },
  roles: [...roles],
});
export const ann = person('ann');
export const sam = person('sam', ['seller', 'bidder']);
export const clara = person('clara', ['clerk']);
export const otto = person('otto', ['auctioneer']);
export const system = person('system.test', ['system']);

/** Position of each event in a history of a test: the first stands at 10, the next at 20, and so on. */
const positionAt = (index: number): bigint => BigInt(index + 1) * 10n;

/** How an event of a test came to be, where that does not matter. */
export const metadata = {
  ...{ version: 1, occurredAt: NOW, actor: system.id, roles: ['system'], command: 'Test' },
  ...{ commandId: 'c1', payload: 'p1', correlationId: 'c1', causationId: 'c1' },
  origin: { channel: 'reaction' },
} satisfies RecordedEvent['metadata'];

/** An event as if it had been recorded; `at` says what of its place matters, and `how` of what it came from. */
export const recorded = <Type extends string, Data extends object>(
  { type, data }: { readonly type: Type; readonly data: Data },
  at: Partial<Omit<RecordedEvent, 'type' | 'data' | 'metadata'>> = {},
  how: Partial<RecordedEvent['metadata']> = {},
): RecordedEvent<Type, Data> => ({
  ...{ eventId: 'e1', type, stream: 'test-1', revision: 0, position: 10n, recordedAt: NOW, data },
  metadata: { ...metadata, ...how },
  ...at,
});

/** What a fold needs of a decider. */
interface Foldable<State, Event> {
  readonly initial: State;
  readonly evolve: (state: State, event: Event, at: FoldedAt) => State;
}

/** The state a history leads to. */
export const stateOf = <State, Event>(
  { initial, evolve }: Foldable<State, Event>,
  history: readonly Event[],
): State =>
  history.reduce<State>(
    (state, event, index) =>
      evolve(state, event, { position: positionAt(index), occurredAt: NOW, actor: 'sam' }),
    initial,
  );

type Branch<Event> = (data: never, state: never, facts: never) => readonly Event[] | Rejection;

/** Decides commands on histories: `given(history).when('AcceptBid', data, …)` is the events or the rejection. */
export const deciding =
  <State, Es extends readonly EventDeclaration[], Cs extends readonly CommandDeclaration[]>(
    decider: Decider<State, Es, Cs>,
  ) =>
  (history: readonly EventOf<Es[number]>[]) => ({
    when<T extends Cs[number]['type']>(
      type: T,
      data: Parameters<Decider<State, Es, Cs>['decide'][T]>[0],
      facts: {
        readonly actor?: Actor;
        readonly precondition?: Parameters<Decider<State, Es, Cs>['decide'][T]>[2]['precondition'];
        readonly id?: string;
        readonly now?: string;
      } = {},
    ): readonly NewEvent[] | Rejection {
      const all: Facts<unknown> = {
        now: facts.now ?? NOW,
        actor: facts.actor ?? system,
        id: facts.id ?? 'id1',
        precondition: facts.precondition,
      };
      const branch = decider.decide[type] as unknown as Branch<NewEvent>;
      return branch(data as never, stateOf(decider, history) as never, all as never);
    },
  });

/** Folds a history and decides one command on it, as Ann's. */
export function decideOn<
  State,
  Es extends readonly EventDeclaration[],
  Cs extends readonly CommandDeclaration[],
>(
  decider: Decider<State, Es, Cs>,
  history: readonly NewEvent[],
  { command, data }: Command,
  facts: Partial<Facts> = {},
): readonly NewEvent[] | Rejection {
  if (!Object.hasOwn(decider.decide, command)) throw new Error(`${decider.category} decides no ${command}`);
  const given = deciding(decider)(history as readonly EventOf<Es[number]>[]);
  return given.when(command as Cs[number]['type'], data as never, {
    actor: ann,
    id: 'id-1',
    ...(facts as object),
  });
}

/** The events of a decision that must not be a rejection. */
export function eventsOf(decision: readonly NewEvent[] | Rejection): readonly NewEvent[] {
  if ('rejected' in decision) throw new Error(`rejected: ${decision.code}`);
  return decision;
}

/** The data of a decision's first event. */
export function firstOf(decision: readonly NewEvent[] | Rejection): Readonly<Record<string, unknown>> {
  const [event] = eventsOf(decision);
  if (event === undefined) throw new Error('nothing was decided');
  return event.data as Readonly<Record<string, unknown>>;
}

/** A decision on one line: what is told of each event, or the rejection's code. */
export const lineOf = (
  decision: readonly NewEvent[] | Rejection,
  tell: (event: NewEvent) => string = ({ type }) => type,
): string => ('rejected' in decision ? decision.code : decision.map(tell).join(', '));

/** The documents that a history leads to, by id. Each fits the schema of its view. */
export function documentsOf(
  view: View,
  history: readonly NewEvent[],
  stream = 'test-1',
): ReadonlyMap<string, Record<string, unknown>> {
  const documents = new Map<string, object>();
  for (const [revision, event] of history.entries()) {
    if (!view.events.some(({ type }) => type === event.type)) continue;
    const place = { eventId: `e${revision}`, stream, revision, position: BigInt(revision + 1) };
    const at = recorded(event, place);
    for (const id of view.documents(at)) {
      const after = view.fold(documents.get(id), at, id);
      if (after === undefined) documents.delete(id);
      else documents.set(id, after);
    }
  }
  for (const document of documents.values()) view.schema.encode(document as never);
  return documents as Map<string, Record<string, unknown>>;
}

/** What a reaction sends at the last of these events, which the others have led to. */
export function reacting(reaction: Reaction, ...events: readonly NewEvent[]): readonly Intent[] {
  const [first, ...rest] = events.map((event, revision) => recorded(event, { revision }));
  if (first === undefined) throw new TypeError('a reaction needs an event');
  return reaction.on(rest.at(-1) ?? first, [first, ...rest]);
}

/** One instance of a saga, told of one thing after another; each answers its step, or undefined where it changes nothing. */
export function stepping(saga: Saga) {
  let { initial: state } = saga;
  const took = (step: Step<unknown> | undefined): Step<unknown> | undefined => {
    if (step !== undefined) state = step.state;
    return step;
  };
  return {
    event: (event: NewEvent) => took(saga.onEvent(state, recorded(event))),
    answer: (purpose: string, answer: Answer, now: Instant = NOW) =>
      took(saga.onAnswer(state, purpose, answer, now)),
    timer: (name: string, now: Instant = NOW) => took(saga.onTimer(state, name, now)),
  };
}
