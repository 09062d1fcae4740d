import type { RecordedEvent } from './envelope.ts';
import { type HandledBy, type Handling, handlersOf, when } from './handlers.ts';
import type { Intent } from './intent.ts';
import type { Line } from './line.ts';
import type { EventDeclaration, EventOf, NewEvent } from './message.ts';

/** The recorded form of a declared event. */
export type Recorded<E extends EventDeclaration> = E extends EventDeclaration
  ? EventOf<E> extends NewEvent<infer T, infer D>
    ? RecordedEvent<T, D>
    : never
  : never;

/** Whether an event is of a declaration, which gives it its type. */
export const isRecorded = <E extends EventDeclaration>(
  event: RecordedEvent,
  declared: E,
): event is Recorded<E> & RecordedEvent => event.type === declared.type;

/**
 * How a chain came to an event: what it began with first, the event itself last. A handler reads from it what the event at
 * hand does not say (the position of the bid that funds were reserved for).
 */
export type Trail = readonly [RecordedEvent, ...RecordedEvent[]];

/** The latest event of a declaration on the trail. */
export function onTrail<E extends EventDeclaration>(trail: Trail, declared: E): Recorded<E> | undefined {
  return trail.findLast((event) => event.type === declared.type) as Recorded<E> | undefined;
}

/**
 * Stateless: an event leads to commands with derived ids, so that meeting it twice changes nothing. The write side runs
 * `on` directly after its commit; the copy in the sagas role is the catch-up consumer and follows each chain to its end
 * before it passes on. `passed` runs in the catch-up consumer alone, when all earlier events of the key have been followed.
 */
export interface Reaction {
  readonly name: string;
  /** The events a chain begins with, and those that are only passed: what the catch-up consumer reads. */
  readonly events: readonly EventDeclaration[];
  /** The events that mean something only inside a chain: met alone, they lead to nothing. */
  readonly follows: readonly EventDeclaration[];
  /** The line in which its chains stand, where the order in which they began decides. */
  readonly line: Line | undefined;
  /** Events of one key are met in the order of the history. Only asked of `events`. */
  key(event: RecordedEvent): string;
  /** `trail` ends with `event`; a chain that has only just begun is `[event]`. */
  on(event: RecordedEvent, trail: Trail): readonly Intent[];
  passed(event: RecordedEvent): readonly Intent[];
}

/** `when(TopUpFailed, TopUpExpired, handler)` */
type Reacting<Rest extends readonly unknown[]> = <const Es extends readonly EventDeclaration[]>(
  ...named: readonly [...Es, (event: Recorded<Es[number]>, ...rest: Rest) => readonly Intent[]]
) => Handling<Es[number]>;
type OnChain = Reacting<[trail: Trail]>;
type OncePassed = Reacting<[]>;

/** Declares a reaction to the events that its handlers are of. */
export function reaction<
  const Hs extends readonly Handling[],
  const Ps extends readonly Handling[] = readonly [],
>(declaration: {
  name: string;
  line?: Line;
  // Before what is typed by them.
  on: (when: OnChain) => Hs;
  /** Events that mean something only inside a chain. */
  inside?: (when: OnChain) => readonly Handling[];
  passed?: (when: OncePassed) => Ps;
  key: (event: Recorded<HandledBy<Hs> | HandledBy<Ps>>) => string;
}): Reaction {
  const { name, key, inside = () => [] } = declaration;
  type Handle = (event: RecordedEvent, trail: Trail) => readonly Intent[];
  const beginning = declaration.on(when as OnChain);
  const following = inside(when as OnChain);
  const on = handlersOf<Handle>(`the reaction ${name}`, [...beginning, ...following]);
  const last = handlersOf<(event: RecordedEvent) => readonly Intent[]>(
    `the reaction ${name}`,
    declaration.passed?.(when as OncePassed) ?? [],
  );
  const events = [...new Set([...beginning.flatMap((handling) => handling.events), ...last.events])];
  const roots = new Set(events.map((event) => event.type));
  return {
    name,
    events,
    follows: following.flatMap((handling) => handling.events),
    line: declaration.line,
    key: key as (event: RecordedEvent) => string,
    on: (event, trail) =>
      trail.some(({ type }) => roots.has(type)) ? (on.of(event.type)?.(event, trail) ?? []) : [],
    passed: (event) => last.of(event.type)?.(event) ?? [],
  };
}
