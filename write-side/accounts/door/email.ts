import {
  AccountUnknown,
  AskEmailChange,
  EmailChangeVoid,
  MoneyLeft,
  PasswordReplaced,
  SalesOpen,
  YieldRegistration,
} from '#domain/accounts/account/messages.ts';
import { AddressUnusable, InvalidCredentials, LinkVoid } from '#domain/accounts/door/messages.ts';
import type { LoginName } from '#domain/accounts/ids.ts';
import { ClaimLogin, LoginInUse } from '#domain/accounts/login/messages.ts';
import { loginOf } from '#domain/accounts/login/naming.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { Unavailable } from '#domain/kernel/rejections.ts';
import type { Done, Door } from './door.ts';
import { followedKnowing } from './links.ts';
import { type DoorParts, isRejection, record } from './parts.ts';
import { confirmed } from './signing-in.ts';

/** Whoever is told that it is under way comes again then. */
const UNDER_WAY_MS = 1_000;

/** What there is against passing on what somebody else has registered; whoever asks hears no more of it than that it is somebody's. */
const SOMEBODYS: ReadonlySet<string> = new Set(
  [AccountUnknown, SalesOpen, MoneyLeft].map(({ code }) => code),
);

/**
 * The login of an address that a link was followed to. Who has registered it and never proven it gives way: they need not have known that it
 * is another's, and their account would keep its owner from it for ever.
 */
async function claimed(parts: DoorParts, person: PersonId, login: LoginName): Promise<Done> {
  const refusal = await record(parts, ClaimLogin, { person, login });
  if (refusal?.code !== LoginInUse.code) return refusal;
  const holder = await parts.known.holderOf(login);
  const account = holder === undefined ? undefined : await parts.known.account(holder);
  if (account === undefined || account.emailVerified) return refusal;
  const asked = { person: account.person, login, to: person };
  const kept = await record(parts, YieldRegistration, asked, { asker: person });
  return kept !== undefined && SOMEBODYS.has(kept.code) ? refusal : kept;
}

/** How an account comes to another address. */
export function emailChanges(parts: DoorParts): Pick<Door, 'askEmailChange' | 'changeEmail'> {
  return {
    async askEmailChange(person, { email, password }, visitor) {
      const login = loginOf(email, parts.nameOf);
      if (login === undefined) return AddressUnusable({});
      const proven = await confirmed(parts, person, password, visitor);
      if (isRejection(proven)) return proven;
      const tooMany =
        (await parts.counts.count('newAddressOf', `${person} ${login.name}`)) ??
        (await parts.counts.count('newAddress', login.name));
      if (tooMany !== undefined) return tooMany;
      const { passwordSince: since } = proven.account;
      // Whether somebody has it is told by whoever has the mail, and nobody else.
      const data = { person, login: login.name, email: login.email, since };
      const refusal = await record(parts, AskEmailChange, data, visitor);
      return refusal?.code === PasswordReplaced.code ? InvalidCredentials({}) : refusal;
    },
    async changeEmail(link, visitor) {
      const by = { ...link, visitor };
      const account = await followedKnowing(parts, by, 'email');
      if (isRejection(account)) {
        if (account.code !== LinkVoid.code) return account;
        // Whoever has had no answer follows it twice, and is told the same.
        const done = await followedKnowing(parts, by, 'email', ({ login }) => login);
        return isRejection(done) ? done : undefined;
      }
      const { person, nextLogin: login } = account;
      if (login === undefined) return LinkVoid({});
      const refusal = await claimed(parts, person, login);
      if (refusal !== undefined) return refusal.code === EmailChangeVoid.code ? LinkVoid({}) : refusal;
      const isTheirs = (await parts.known.account(person))?.login === login;
      return isTheirs ? undefined : Unavailable({ retryAfterMs: UNDER_WAY_MS });
    },
  };
}
