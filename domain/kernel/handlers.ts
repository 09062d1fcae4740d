import type { EventDeclaration } from './message.ts';

/** One handler for the events of one declaration or of several. Its types are known where it is declared. */
export interface Handling<E extends EventDeclaration = EventDeclaration> {
  readonly events: readonly E[];
  readonly handle: unknown;
}

/** The events that handlings are of, by which whatever they belong to is typed. */
export type HandledBy<Hs extends readonly Handling[]> = Hs[number]['events'][number];

/** `when(LotSold, handler)`, `when(LotPassed, LotReturned, handler)`: as one list of declarations and handlers is written. */
export const when = <E extends EventDeclaration>(...named: readonly [...E[], unknown]): Handling<E> => ({
  events: named.slice(0, -1) as E[],
  handle: named.at(-1),
});

/** Handlers by the type of their event. @throws TypeError for an event that two of them take */
export interface Handlers<Handle> {
  readonly events: readonly EventDeclaration[];
  of(type: string): Handle | undefined;
}

/** @param owner stands in the complaint */
export function handlersOf<Handle>(owner: string, handlings: readonly Handling[]): Handlers<Handle> {
  const byType = new Map<string, Handle>();
  for (const { events, handle } of handlings)
    for (const { type } of events) {
      if (byType.has(type)) throw new TypeError(`${owner} handles ${type} twice`);
      byType.set(type, handle as Handle);
    }
  return { events: handlings.flatMap(({ events }) => events), of: (type) => byType.get(type) };
}
