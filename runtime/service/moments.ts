import { z } from 'zod';
import { PositionText } from '#domain/kernel/envelope.ts';
import { Instant } from '#domain/kernel/instant.ts';

// How one clock is shared by processes: a role asks for the next moment, and says by the same question how far it is with the last.

const Id = z.string().min(1).max(64);

/** What a role says of itself when it asks. */
export const Asking = z.strictObject({
  follower: Id,
  /** Null: it does not know yet. */
  now: Instant.nullable(),
  /** The earliest moment that somebody waits for there. */
  next: Instant.nullable(),
  /** The turn that it is done with, and whose that was: a clock that was started again counts anew. */
  done: z.strictObject({ owner: Id, turn: z.int().min(0) }).nullable(),
});
export type Asking = z.output<typeof Asking>;

/** What it is told. The same turn again: there is nothing new. */
export const Moment = z.object({
  owner: Id,
  turn: z.int().min(0),
  now: Instant,
  /** Up to where the history is to be done with before the turn is. */
  head: PositionText,
  /** Whether everything is to be, or only what might send commands. */
  all: z.boolean(),
});
export type Moment = z.output<typeof Moment>;
