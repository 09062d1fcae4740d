import { accountStream, CompleteErasure, PersonErased } from '#domain/accounts/account/messages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import { BEGINNING, type Dispatch } from '#domain/kernel/envelope.ts';
import { idOf, type PersonId } from '#domain/kernel/ids.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
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

/** Who asks, where the keys know what the history does not. */
const FORGETTING = systemActor('forgetting');
/** People whose keys are destroyed, looked up at once. */
const PAGE = 500;

/** What the history has of somebody is known by it to be forgotten, or it has nothing of them. */
async function isKnown(store: Pick<EventStore, 'readStream'>, person: PersonId): Promise<boolean> {
  const [last] = await store.readStream(accountStream({ person }), { direction: 'backwards', limit: 1 });
  return last === undefined || last.type === PersonErased.type;
}

/**
 * Has those forgotten in the history, too, whose keys are destroyed: it may have been brought back from a backup that is older than their
 * erasure. Nothing about them can be read or recorded any more, so that nobody else could have it done: their login would be taken, their
 * roles granted and their wallets open for ever. Who is met again is erased already.
 *
 * @param options `erased` is told of each whom the history did not know to be forgotten, when it does
 * @throws StoreError; Error where it could not be recorded of somebody
 */
export async function eraseAgain(options: {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly personKeys: Pick<PersonKeys, 'destroyed'>;
  readonly dispatch: Dispatch;
  readonly newId: NewId;
  readonly signal: AbortSignal;
  readonly erased: (person: PersonId) => void;
}): Promise<void> {
  const { store, personKeys, dispatch, newId, signal, erased } = options;
  const refused = new Set<string>();
  for (let after = 0; !signal.aborted; ) {
    const { people, through } = await personKeys.destroyed(after, PAGE);
    if (people.length === 0) break;
    for (const person of people) {
      if (signal.aborted) break;
      if (await isKnown(store, person)) continue;
      const { type: command } = CompleteErasure;
      const reply = await dispatch({
        ...{ command, data: { person }, commandId: newId(), actor: FORGETTING },
        origin: { channel: 'saga' },
      });
      // One whose history cannot be written keeps nobody else from being forgotten.
      if (reply.outcome === 'rejected') refused.add(reply.rejection.code);
      else if (reply.events.length > 0) erased(person);
    }
    after = through;
  }
  if (refused.size > 0)
    throw new Error(`that somebody is forgotten could not be recorded: ${[...refused].join(', ')}`);
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
