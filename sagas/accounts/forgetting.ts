import { accountStream, PersonErased } from '#domain/accounts/account/messages.ts';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';

const erasures = { streams: [accountStream.prefix], types: [PersonErased.type] };

/**
 * Destroys once more whatever keys there are of people who were forgotten: the file of the keys may have been brought back from a backup that is
 * older than their erasure, which no checkpoint tells.
 *
 * @returns how many keys that were
 * @throws StoreError
 */
export async function forgetAgain(options: {
  readonly store: Pick<EventStore, 'readAll'>;
  readonly personKeys: Pick<PersonKeys, 'find' | 'destroy'>;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { store, personKeys, signal } = options;
  let destroyed = 0;
  for (let after = BEGINNING; !signal.aborted; ) {
    const page = await store.readAll({ after, limit: storeLimits.pageEvents, filter: erasures });
    const people = page.events.map(({ stream }) => idOf(stream));
    const keys = await personKeys.find(people);
    for (const person of people) {
      if (keys.get(person) === 'destroyed') continue;
      await personKeys.destroy(person);
      destroyed += 1;
    }
    if (page.end) break;
    after = page.through;
  }
  return destroyed;
}

/**
 * Destroys the keys of those who are to be forgotten. It is no command: what it does stands in no history, and cannot be undone by one.
 * Its checkpoint passes when the key is gone for good, and a key that is gone already is gone still: whatever fails, or was killed, is met
 * again.
 */
export const forgetting = (personKeys: Pick<PersonKeys, 'destroy'>): Handler => ({
  name: 'forgetting',
  filter: erasures,
  key: ({ stream }) => stream,
  async handle(events, signal) {
    for (const event of events) {
      signal.throwIfAborted();
      if (isRecorded(event, PersonErased)) await personKeys.destroy(event.data.person);
    }
    return { writes: [], failures: [] };
  },
});
