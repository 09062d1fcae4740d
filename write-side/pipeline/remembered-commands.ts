import { z } from 'zod';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';

/** What a stream remembers of a command that it recorded. */
export const RememberedCommand = z.object({
  /** The hash of its payload: another payload under the same id is a mismatch. */
  payload: z.string(),
  firstRevision: z.int().min(0),
  lastRevision: z.int().min(0),
});
export type RememberedCommand = z.output<typeof RememberedCommand>;

/** A command's name on its stream. No id holds a space. */
export const commandKey = (actor: string, commandId: string): string => `${actor} ${commandId}`;

/** The last commands of a stream, oldest first, folded from the metadata of its events. */
export type RememberedCommands = Map<string, RememberedCommand>;

/** Takes an event into the window, which it changes, and lets the oldest command go when there are more than `limit`. */
export function remember(window: RememberedCommands, event: RecordedEvent, limit: number): void {
  const { actor, commandId, payload } = event.metadata;
  const key = commandKey(actor, commandId);
  const known = window.get(key);
  if (known?.lastRevision === event.revision - 1) {
    window.set(key, { ...known, lastRevision: event.revision });
    return;
  }
  // A command that had left the window and was decided anew counts as the latest again.
  window.delete(key);
  window.set(key, { payload, firstRevision: event.revision, lastRevision: event.revision });
  if (window.size > limit) {
    const [oldest] = window.keys();
    if (oldest !== undefined) window.delete(oldest);
  }
}
