import { derivedId } from './canonical.ts';
import type { RecordedEvent } from './envelope.ts';
import type { Command, EventDeclaration, EventOf, NewEvent } from './message.ts';

/** The recorded form of a declared event. */
export type Recorded<E extends EventDeclaration> = E extends EventDeclaration
  ? EventOf<E> extends NewEvent<infer T, infer D>
    ? RecordedEvent<T, D>
    : never
  : never;

/** A command a reaction or a saga wants sent. `purpose` tells two of one trigger apart. */
export interface Intent {
  readonly command: Command;
  readonly purpose?: string;
}

/**
 * Stateless: an event leads to commands with derived ids, so that meeting it twice changes nothing. The write side runs
 * `on` directly after its commit; the copy in the sagas role is the safety net and follows each chain to its end
 * before it passes on. `passed` runs in the safety net alone, when all earlier events of the key have been followed.
 */
export interface Reaction {
  readonly name: string;
  readonly events: readonly EventDeclaration[];
  /** Events of one key are met in the order of the history. */
  key(event: RecordedEvent): string;
  on(event: RecordedEvent): readonly Intent[];
  passed(event: RecordedEvent): readonly Intent[];
}

type Handlers<Es extends readonly EventDeclaration[]> = {
  readonly [T in Es[number]['type']]?: (
    event: Recorded<Extract<Es[number], { type: T }>>,
  ) => readonly Intent[];
};

export function reaction<const Es extends readonly EventDeclaration[]>(declaration: {
  name: string;
  events: Es;
  key: (event: Recorded<Es[number]>) => string;
  on: Handlers<Es>;
  passed?: Handlers<Es>;
}): Reaction {
  const { name, events, key } = declaration;
  type Loose = Readonly<Record<string, ((event: RecordedEvent) => readonly Intent[]) | undefined>>;
  const on = declaration.on as Loose;
  const passed = (declaration.passed ?? {}) as Loose;
  return {
    name,
    events,
    key: key as (event: RecordedEvent) => string,
    on: (event) => on[event.type]?.(event) ?? [],
    passed: (event) => passed[event.type]?.(event) ?? [],
  };
}

/** The id under which a reaction or saga sends a command: the same for the same trigger, for ever. */
export const intentId = (
  name: string,
  trigger: { stream: string; revision: number },
  intent: Intent,
): string => derivedId(name, trigger.stream, trigger.revision, intent.command.command, intent.purpose ?? '');
