import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { EventToAppend } from '#domain/kernel/ports/event-store.ts';

let made = 0;

/** An event to append, with an id of its own; the same `seed` makes the same id. */
export function happening(
  data: JsonObject = {},
  { type = 'Happened', seed }: { readonly type?: string; readonly seed?: number } = {},
): EventToAppend {
  made += 1;
  const tail = (seed ?? 1_000_000_000 + made).toString(16).padStart(12, '0');
  return { eventId: `01900000-0000-7000-8000-${tail}`, type, data, metadata: { version: 1 } };
}

export const happenings = (count: number, type = 'Happened'): EventToAppend[] =>
  Array.from({ length: count }, (_, at) => happening({ at }, { type }));
