import { AppointAdministrator } from '#domain/accounts/account/messages.ts';
import { reasonOf } from '#runtime/reason.ts';
import { activeAccount, type DoorParts, loginOf, record } from './parts.ts';

type Parts = Pick<DoorParts, 'known' | 'dispatch' | 'newId' | 'nameOf' | 'log' | 'administrator'>;

async function appointed(parts: Parts, email: string): Promise<void> {
  const { known, nameOf, log } = parts;
  const login = loginOf(email, nameOf);
  const person = login && (await known.holderOf(login.name));
  const account = person === undefined ? undefined : await activeAccount(known, person);
  // Whoever has registered the address need not be whose it is.
  if (account?.login !== login?.name || account?.emailVerified !== true) return;
  if (account.roles.includes('admin')) return;
  const refusal = await record(parts, AppointAdministrator, { person: account.person });
  if (refusal === undefined) log.info({ person: account.person }, 'the administrator is there');
  else log.warn({ person: account.person, why: refusal.code }, 'nobody could be made an administrator');
}

/**
 * Makes the person an administrator whose address the operator has named, as soon as they have shown that it is theirs; once in the life of
 * their account. Never rejects: whoever has shown it has done so.
 */
export async function appoint(parts: Parts): Promise<void> {
  if (parts.administrator === undefined) return;
  try {
    await appointed(parts, parts.administrator);
  } catch (error) {
    parts.log.warn({ why: reasonOf(error) }, 'nobody could be made an administrator');
  }
}
