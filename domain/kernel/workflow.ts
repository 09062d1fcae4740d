import type { z } from 'zod';
import type { Actor } from './actor.ts';
import type { AnyDecider } from './decider.ts';
import type { RecordedEvent } from './envelope.ts';
import type { Instant } from './instant.ts';
import type { CommandDeclaration, DataOf, Rejection, Shape } from './message.ts';

/** One of the streams whose states a precondition reads. */
export interface ReadStream {
  readonly decider: AnyDecider;
  stream(data: object, actor: Actor): string;
  /**
   * Read to its end for each command, where others write beside. A yes that rests on what is known of a stream from before
   * may be out of date, which does no harm where a later stage decides the same again; where none does, this has to be set.
   */
  readonly toEnd?: boolean;
}

/** What a workflow has come to. */
export type Outcome = 'pending' | 'accepted' | RecordedEvent | Rejection;

/** A stream whose name stands in the states that are read first. `undefined`: there is none, and its state is the initial one. */
export interface NamedStream extends Pick<ReadStream, 'decider' | 'toEnd'> {
  stream(states: Readonly<Record<string, unknown>>, actor: Actor): string | undefined;
}

/**
 * A command that is guarded by other streams: checked against the states of other streams, decided on one, and answered by what its
 * reactions lead to.
 */
export interface Workflow {
  readonly command: CommandDeclaration;
  /** By the name that the precondition knows each by. */
  readonly reads: Readonly<Record<string, ReadStream>>;
  /** Read behind the others, whose states name them. */
  readonly readsNext: Readonly<Record<string, NamedStream>>;
  /** Pure. What it returns reaches the decider as `facts.precondition`. */
  precondition(
    states: Readonly<Record<string, unknown>>,
    data: object,
    facts: { readonly now: Instant; readonly actor: Actor },
  ): unknown;
  /** A precondition that would refuse is repeated on the heads of all its streams before it counts. */
  refuses(precondition: unknown): boolean;
  /**
   * From every event the command has led to so far, in order: its own, then those of the reactions. Asked after each of them:
   * what it says first, other than `pending`, is the reply. An event: accepted, by that event, which the caller is told.
   */
  outcome(events: readonly RecordedEvent[]): Outcome;
}

interface ReadStreamOf<S extends Shape, State> extends Pick<ReadStream, 'toEnd'> {
  /** With its types: its state reaches the precondition as it is. */
  readonly decider: { readonly category: string; readonly initial: State };
  readonly stream: (data: DataOf<S>, actor: Actor) => string;
}

interface NamedStreamOf<States, State> extends Pick<ReadStream, 'toEnd'> {
  readonly decider: { readonly category: string; readonly initial: State };
  readonly stream: (states: States, actor: Actor) => string | undefined;
}

/** Declares a workflow. */
export function workflow<
  S extends Shape,
  States extends Readonly<Record<string, unknown>>,
  Precondition,
  Next extends Readonly<Record<string, unknown>> = Record<never, never>,
>(declaration: {
  command: CommandDeclaration & { readonly schema: z.ZodObject<S> };
  reads: { readonly [Name in keyof States]: ReadStreamOf<S, States[Name]> };
  readsNext?: { readonly [Name in keyof Next]: NamedStreamOf<NoInfer<States>, Next[Name]> };
  precondition: (
    states: { readonly [Name in keyof States]: States[Name] } & { readonly [Name in keyof Next]: Next[Name] },
    data: DataOf<S>,
    facts: { readonly now: Instant; readonly actor: Actor },
  ) => Precondition;
  refuses: (precondition: Precondition) => boolean;
  outcome: (events: readonly RecordedEvent[]) => Outcome;
}): Workflow {
  return { readsNext: {}, ...declaration } as unknown as Workflow;
}
