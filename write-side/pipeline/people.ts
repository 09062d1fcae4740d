import type { PersonId } from '#domain/kernel/ids.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { whoseAddress } from '#domain/kernel/personal.ts';
import type { KeysByPerson, PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { Erased } from '#domain/kernel/rejections.ts';
import type { PersonalCommand, ReadyCommand } from './intake.ts';

/** Whose the address is that a command was sent from; undefined: from none, or it is nobody's. */
export const senderOf = ({ envelope }: Pick<ReadyCommand, 'envelope'>): PersonId | undefined =>
  envelope.origin.address === undefined
    ? undefined
    : whoseAddress({ ...envelope, actor: envelope.actor.id, roles: envelope.actor.roles });

/** Nobody works out what was asked for without the keys of all of them. @throws KeyDestroyedError */
function fingerprint({ people, canonical }: PersonalCommand, keys: KeysByPerson): string {
  let text = canonical;
  for (const person of people) {
    const key = keys.get(person);
    if (key === undefined || key === 'destroyed') throw new TypeError(`there is no key of ${person}`);
    text = key.mac(text);
  }
  return text;
}

function withKeys(ready: ReadyCommand | PersonalCommand, keys: KeysByPerson): ReadyCommand | Rejection {
  if (ready.people.some((person) => keys.get(person) === 'destroyed')) return Erased({});
  return { ...ready, keys, ...('canonical' in ready && { payload: fingerprint(ready, keys) }) };
}

/**
 * Gives a command the keys by which what it brings about people is sealed; whoever has none gets one.
 *
 * @throws StoreError where the keys cannot be had
 */
export function keysFor(personKeys: Pick<PersonKeys, 'make'>) {
  return (
    ready: ReadyCommand | PersonalCommand,
  ): ReadyCommand | Rejection | Promise<ReadyCommand | Rejection> => {
    const sender = senderOf(ready);
    const wanted = sender === undefined ? ready.people : [...new Set([...ready.people, sender])];
    if (wanted.length === 0) return ready;
    const keys = personKeys.make(wanted);
    return keys instanceof Promise ? keys.then((found) => withKeys(ready, found)) : withKeys(ready, keys);
  };
}
