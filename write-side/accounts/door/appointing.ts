import { AppointAdministrator } from '#domain/accounts/account/messages.ts';
import type { LoginName } from '#domain/accounts/ids.ts';
import { loginOf } from '#domain/accounts/login/naming.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { reasonOf } from '#runtime/reason.ts';
import type { KnownAccount } from '../known.ts';
import { activeAccount, type DoorParts, record } from './parts.ts';

type Parts = Pick<
  DoorParts,
  'known' | 'dispatch' | 'newId' | 'nameOf' | 'log' | 'administrator' | 'administrators'
>;

/** Whether the address has made somebody an administrator before: whoever has the mailbox next is another. */
async function isUsed({ known }: Parts, login: LoginName, account: KnownAccount): Promise<boolean> {
  if (account.appointedBy !== undefined) return true;
  for (const person of await known.formerHoldersOf(login))
    if ((await known.account(person))?.appointedBy === login) return true;
  return false;
}

/**
 * Whether the one whom it has made an administrator comes back by a start: they have given it up, or it ran out, and nobody is one any more.
 * Whom somebody has taken it from stays out, though the operator may name them still.
 */
const comesBack = async ({ administrators }: Parts, { appointedBy, adminTaken }: KnownAccount) =>
  appointedBy !== undefined && !adminTaken && (await administrators.standing()) === 'no more';

/** @param by who has just shown that an address is theirs; undefined: at a start, whoever has the one that is named */
async function appointed(parts: Parts, email: string, by: PersonId | undefined): Promise<void> {
  const { known, nameOf, log } = parts;
  const login = loginOf(email, nameOf);
  const person = login && (await known.holderOf(login.name));
  const account = person === undefined ? undefined : await activeAccount(known, person);
  // Whoever has registered the address need not be whose it is.
  if (login === undefined || account?.login !== login.name || !account.emailVerified) return;
  if (account.roles.includes('admin') || (by !== undefined && by !== account.person)) return;
  const isAgain = await isUsed(parts, login.name, account);
  if (isAgain && (by !== undefined || !(await comesBack(parts, account)))) {
    log.warn(
      { person: account.person },
      'FIRST_ADMIN has made an administrator before: name another address',
    );
    return;
  }
  const refusal = await record(parts, AppointAdministrator, {
    person: account.person,
    ...(isAgain && { again: true as const }),
  });
  if (refusal === undefined) log.info({ person: account.person }, 'the administrator is there');
  else log.warn({ person: account.person, why: refusal.code }, 'nobody could be made an administrator');
}

/**
 * Makes the person an administrator whose address the operator has named, as soon as they have shown that it is theirs; once for each
 * address, in the life of the house, unless it has no administrator any more. Never rejects: whoever has shown it has done so.
 */
export async function appoint(parts: Parts, by?: PersonId): Promise<void> {
  if (parts.administrator === undefined) return;
  try {
    await appointed(parts, parts.administrator, by);
  } catch (error) {
    parts.log.warn({ why: reasonOf(error) }, 'nobody could be made an administrator');
  }
}
