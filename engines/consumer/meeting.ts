import type { RecordedEvent, StoredEvent } from '#domain/kernel/envelope.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import { NewerEventError, type Registry } from '#domain/kernel/registry.ts';
import { asError } from '#runtime/reason.ts';

/** An event as a consumer meets it: with the key it belongs to, or with what keeps anybody from telling. */
export type Met =
  | { readonly stored: StoredEvent; readonly event: RecordedEvent; readonly key: string }
  | {
      readonly stored: StoredEvent;
      readonly error: Error;
      /** The key as the unread data has it. It may be wrong, so it is never the only thing to go by. */
      readonly guess: string | undefined;
    };

/** Most keys are ids, which are the same text before and after reading. */
function guessed({ key }: Pick<Handler, 'key'>, stored: StoredEvent): string | undefined {
  try {
    const guess: unknown = key(stored as unknown as RecordedEvent);
    return typeof guess === 'string' && guess !== '' ? guess : undefined;
  } catch {
    return undefined;
  }
}

/** @throws NewerEventError */
export function meet(
  registry: Pick<Registry, 'decode'>,
  handler: Pick<Handler, 'key' | 'read'>,
  stored: StoredEvent,
): Met {
  try {
    const event = handler.read?.(stored) ?? registry.decode(stored);
    return { stored, event, key: handler.key(event) };
  } catch (problem) {
    if (problem instanceof NewerEventError) throw problem;
    return { stored, error: asError(problem), guess: guessed(handler, stored) };
  }
}
