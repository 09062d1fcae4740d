import type { Actor } from './actor.ts';
import type { AnyDecider } from './decider.ts';
import type { RecordedEvent } from './envelope.ts';
import type { Instant } from './instant.ts';
import type { CommandDeclaration, DataOf, Rejection, Shape } from './message.ts';

/**
 * A command that spans contexts: screened against the state of one stream, decided on another, and answered by what its
 * reactions lead to.
 */
export interface Process {
  readonly command: CommandDeclaration;
  /** Whose state the screen reads. */
  readonly reads: AnyDecider;
  streamRead(data: object): string;
  /** Pure. What it returns reaches the decider as `facts.screened`. */
  screen(state: unknown, data: object, facts: { readonly now: Instant; readonly actor: Actor }): unknown;
  /** A screen that would refuse is repeated on the head of the stream before it counts. */
  refuses(screened: unknown): boolean;
  /**
   * From every event the command has led to so far, in order: its own, then those of the reactions. Asked after each of them:
   * what it says first, other than `pending`, is the reply.
   */
  outcome(events: readonly RecordedEvent[]): 'pending' | 'accepted' | Rejection;
}

/** Declares a process. `reads` is a decider with its types; its state reaches the screen as it is. */
export function process<S extends Shape, State, Screened>(declaration: {
  command: CommandDeclaration & { readonly schema: import('zod').ZodObject<S> };
  reads: { readonly category: string; readonly initial: State };
  streamRead: (data: DataOf<S>) => string;
  screen: (
    state: State,
    data: DataOf<S>,
    facts: { readonly now: Instant; readonly actor: Actor },
  ) => Screened;
  refuses: (screened: Screened) => boolean;
  outcome: (events: readonly RecordedEvent[]) => 'pending' | 'accepted' | Rejection;
}): Process {
  return declaration as unknown as Process;
}
