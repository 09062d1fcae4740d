import type { Actor } from '#domain/kernel/actor.ts';
import type { Decider, Facts, FoldedAt } from '#domain/kernel/decider.ts';
import { instant } from '#domain/kernel/instant.ts';
import type {
  Command,
  CommandDeclaration,
  EventDeclaration,
  NewEvent,
  Rejection,
} from '#domain/kernel/message.ts';

export const person = (id: string): Actor => ({ id, roles: ['bidder', 'seller'], reputation: 0 });
/** 2026-03-01T12:00:00.000Z, the moment of every decision that is not given another. */
export const NOON = instant(Date.UTC(2026, 2, 1, 12));

type Loose = Readonly<
  Record<string, (data: object, state: unknown, facts: Facts) => readonly NewEvent[] | Rejection>
>;

/** Folds a history and decides one command on it, as the pipeline does. */
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
  const evolve = decider.evolve as (state: State, event: NewEvent, at: FoldedAt) => State;
  const state = history.reduce(
    (so, event) => evolve(so, event, { position: undefined, occurredAt: NOON, actor: 'ann' }),
    decider.initial,
  );
  const decide = (decider.decide as unknown as Loose)[command];
  if (decide === undefined) throw new Error(`${decider.category} decides no ${command}`);
  return decide(data, state, {
    now: NOON,
    actor: person('ann'),
    id: 'id-1',
    precondition: undefined,
    ...facts,
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
