import { wallets } from '#compose/contexts/wallets.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';

/** Every document of the wallets' views after a history, by view and id, each as its schema stores and reads it. */
export function fold(history: readonly RecordedEvent[]): ReadonlyMap<string, object> {
  const documents = new Map<string, object>();
  for (const event of history)
    for (const view of wallets.views.filter(({ events }) => events.some(({ type }) => type === event.type)))
      for (const id of view.documents(event)) {
        const after = view.fold(documents.get(`${view.name} ${id}`), event, id);
        if (after !== undefined)
          documents.set(`${view.name} ${id}`, view.schema.decode(view.schema.encode(after as never)));
      }
  return documents;
}
