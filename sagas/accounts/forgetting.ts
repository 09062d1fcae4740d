import { accountStream, PersonErased } from '#domain/accounts/account/messages.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';

/**
 * Destroys the keys of those who are to be forgotten. It is no command: what it does stands in no history, and cannot be undone by one.
 * Its checkpoint passes when the key is gone for good, and a key that is gone already is gone still: whatever fails, or was killed, is met
 * again.
 */
export const forgetting = (personKeys: Pick<PersonKeys, 'destroy'>): Handler => ({
  name: 'forgetting',
  filter: { streams: [accountStream.prefix], types: [PersonErased.type] },
  key: ({ stream }) => stream,
  async handle(events, signal) {
    for (const event of events) {
      signal.throwIfAborted();
      if (isRecorded(event, PersonErased)) await personKeys.destroy(event.data.person);
    }
    return { writes: [], failures: [] };
  },
});
