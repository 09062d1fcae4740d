import type { RecordedEvent } from './envelope.ts';
import type { Intent } from './intent.ts';
import type { EventDeclaration } from './message.ts';

// The order of recorded requests decides, not that of the asynchronous steps behind them. Chains of one key stand in a line,
// in the order of the events they began with; what each has to wait for on its way may end in any order.

/** Who stands in line, and until when. */
export interface Line {
  /** A chain stands in line from this event on, at its position in the history. */
  readonly joins: EventDeclaration;
  /** With any of these it has left, however it ended. */
  readonly leaves: readonly EventDeclaration[];
  /** Which line, and who in it. Undefined: an event of these types that has nothing to do with it. */
  readonly place: (event: RecordedEvent) => { readonly key: string; readonly id: string } | undefined;
  /** So long those who are ready wait for one before them that is not, in milliseconds. */
  readonly patienceMs: number;
  /** What tells the stream that decides that it is to go on without this one. */
  readonly passOver: (joined: RecordedEvent) => Intent;
}
