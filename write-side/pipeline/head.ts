import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { type KeyLimits, RememberedCommands } from './remembered-commands.ts';

/**
 * A stream as far as it is durable: the state its events come to, and the commands it remembers. Nothing that waits to be
 * recorded is ever folded in here, so that a failed append has nothing to take back.
 */
export interface Head {
  readonly stream: string;
  readonly decider: AnyDecider;
  /** Of the last event; -1 before the first. */
  revision: number;
  /** The id of that event: what a snapshot stands on. */
  eventId: string | undefined;
  state: unknown;
  readonly commands: RememberedCommands;
  /** The pages of its keys that lie beside its snapshot, in order. */
  keyPages: readonly number[];
  eventsSinceSnapshot: number;
}

export const emptyHead = (stream: string, decider: AnyDecider): Head => ({
  stream,
  decider,
  revision: -1,
  eventId: undefined,
  state: decider.initial,
  commands: new RememberedCommands(),
  keyPages: [],
  eventsSinceSnapshot: 0,
});

/**
 * Folds recorded events in, with their positions. Those the head already holds are passed over, because a refresh and the
 * answer to an append may bring the same event.
 *
 * @throws RangeError when an event is missing in between; whatever `evolve` throws. The head is of no use then.
 */
export function advance(head: Head, events: readonly RecordedEvent[], limits: KeyLimits): void {
  for (const event of events) {
    if (event.revision <= head.revision) continue;
    if (event.revision !== head.revision + 1) {
      throw new RangeError(`${head.stream} goes on at ${event.revision}, behind ${head.revision}`);
    }
    const { position, metadata } = event;
    const { occurredAt, actor } = metadata;
    head.state = head.decider.evolve(head.state, event, { position, occurredAt, actor });
    head.commands.remember(event, limits);
    head.revision = event.revision;
    head.eventId = event.eventId;
    head.eventsSinceSnapshot += 1;
  }
}
