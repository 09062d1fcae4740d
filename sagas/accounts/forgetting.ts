import { z } from 'zod';
import { accountStream, CompleteErasure, PersonErased } from '#domain/accounts/account/messages.ts';
import { LoginName } from '#domain/accounts/ids.ts';
import { LoginTaken, loginStream, ReleaseLogin } from '#domain/accounts/login/messages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import { BEGINNING, type Dispatch, type Reply } from '#domain/kernel/envelope.ts';
import { idOf, PersonId } from '#domain/kernel/ids.ts';
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

/** What the history has of somebody; `forgotten`: it knows that they are. */
async function standingOf(
  store: Pick<EventStore, 'readStream'>,
  person: PersonId,
): Promise<'nothing' | 'forgotten' | 'account'> {
  const [last] = await store.readStream(accountStream({ person }), { direction: 'backwards', limit: 1 });
  if (last === undefined) return 'nothing';
  return last.type === PersonErased.type ? 'forgotten' : 'account';
}

interface ErasingAgain {
  readonly store: Pick<EventStore, 'readStream' | 'readAll'>;
  readonly personKeys: Pick<PersonKeys, 'destroyed'>;
  readonly dispatch: Dispatch;
  readonly newId: NewId;
  readonly signal: AbortSignal;
  readonly erased: (person: PersonId) => void;
  readonly freed: (person: PersonId) => void;
}

const Taking = z.object({ login: LoginName, person: PersonId });
const takings = { streams: [loginStream.prefix], types: [LoginTaken.type] };

/** What was taken by people of whom nothing else is known. Nobody knows by which login but the logins, all of which are read. */
async function freeLogins(
  { store, signal, freed }: ErasingAgain,
  people: ReadonlySet<PersonId>,
  send: (command: typeof ReleaseLogin, data: object) => Promise<Reply>,
): Promise<void> {
  for (let after = BEGINNING; people.size > 0 && !signal.aborted; ) {
    const page = await store.readAll({ after, limit: storeLimits.pageEvents, filter: takings });
    for (const { data } of page.events) {
      const { login, person } = Taking.parse(data);
      if (!people.has(person)) continue;
      const { events } = await send(ReleaseLogin, { login, person });
      if (events.length > 0) freed(person);
    }
    if (page.end) break;
    after = page.through;
  }
}

/**
 * Has those forgotten in the history, too, whose keys are destroyed: it may have been brought back from a backup that is older than their
 * erasure. Nothing about them can be read or recorded any more, so that nobody else could have it done: their login would be taken, their
 * roles granted and their wallets open for ever. Where it ends between a login and the account for it, which nobody can make any more, the
 * login is let go. Who is met again is erased already.
 *
 * @param options `erased` is told of each whom the history did not know to be forgotten, when it does; `freed` of each whose login is let go
 * @throws StoreError; Error where it could not be recorded of somebody
 */
export async function eraseAgain(options: ErasingAgain): Promise<void> {
  const { store, personKeys, dispatch, newId, signal, erased } = options;
  const refused = new Set<string>();
  const unheardOf = new Set<PersonId>();
  async function send({ type: command }: typeof CompleteErasure | typeof ReleaseLogin, data: object) {
    const reply = await dispatch({
      ...{ command, data, commandId: newId(), actor: FORGETTING },
      origin: { channel: 'saga' },
    });
    // One whose history cannot be written keeps nobody else from being forgotten.
    if (reply.outcome === 'rejected') refused.add(reply.rejection.code);
    return reply;
  }
  for (let after = 0; !signal.aborted; ) {
    const { people, through } = await personKeys.destroyed(after, PAGE);
    if (people.length === 0) break;
    for (const person of people) {
      if (signal.aborted) break;
      const standing = await standingOf(store, person);
      if (standing === 'nothing') unheardOf.add(person);
      if (standing !== 'account') continue;
      const { events } = await send(CompleteErasure, { person });
      if (events.length > 0) erased(person);
    }
    after = through;
  }
  await freeLogins(options, unheardOf, send);
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
