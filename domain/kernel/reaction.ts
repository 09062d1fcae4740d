import { derivedId } from './canonical.ts';
import type { RecordedEvent } from './envelope.ts';
import type { Line } from './line.ts';
import type { Command, EventDeclaration, EventOf, NewEvent } from './message.ts';

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

/** A command a reaction or a saga wants sent. `purpose` tells two of one trigger apart. */
export interface Intent {
  readonly command: Command;
  readonly purpose?: string;
  /** Sent only when it is the turn of the chain in its reaction's line. */
  readonly inTurn?: true;
}

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
 * `on` directly after its commit; the copy in the sagas role is the safety net and follows each chain to its end
 * before it passes on. `passed` runs in the safety net alone, when all earlier events of the key have been followed.
 */
export interface Reaction {
  readonly name: string;
  /** The events a chain begins with, and those that are only passed: what the safety net reads. */
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

type Handlers<Es extends readonly EventDeclaration[], Rest extends readonly unknown[]> = {
  readonly [T in Es[number]['type']]?: (
    event: Recorded<Extract<Es[number], { type: T }>>,
    ...rest: Rest
  ) => readonly Intent[];
};

export function reaction<
  const Es extends readonly EventDeclaration[],
  const Fs extends readonly EventDeclaration[] = readonly [],
>(declaration: {
  name: string;
  events: Es;
  follows?: Fs;
  line?: Line;
  key: (event: Recorded<Es[number]>) => string;
  on: Handlers<readonly (Es[number] | Fs[number])[], [trail: Trail]>;
  passed?: Handlers<Es, []>;
}): Reaction {
  const { name, events, key } = declaration;
  type Loose = Readonly<
    Record<string, ((event: RecordedEvent, trail: Trail) => readonly Intent[]) | undefined>
  >;
  const on = declaration.on as Loose;
  const passed = (declaration.passed ?? {}) as Readonly<
    Record<string, ((event: RecordedEvent) => readonly Intent[]) | undefined>
  >;
  const roots = new Set(events.map((event) => event.type));
  return {
    name,
    events,
    follows: declaration.follows ?? [],
    line: declaration.line,
    key: key as (event: RecordedEvent) => string,
    on: (event, trail) =>
      trail.some(({ type }) => roots.has(type)) ? (on[event.type]?.(event, trail) ?? []) : [],
    passed: (event) => passed[event.type]?.(event) ?? [],
  };
}

/** The id under which a reaction or saga sends a command: the same for the same trigger, for ever. */
export const intentId = (
  name: string,
  trigger: { stream: string; revision: number },
  intent: Intent,
): string => derivedId(name, trigger.stream, trigger.revision, intent.command.command, intent.purpose ?? '');
