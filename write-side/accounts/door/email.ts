import { AskEmailChange, EmailChangeVoid } from '#domain/accounts/account/messages.ts';
import { AddressUnusable, LinkVoid } from '#domain/accounts/door/messages.ts';
import { ClaimLogin } from '#domain/accounts/login/messages.ts';
import { loginOf } from '#domain/accounts/login/naming.ts';
import type { Door } from './door.ts';
import { followedKnowing } from './links.ts';
import { type DoorParts, isRejection, record } from './parts.ts';
import { confirmed } from './signing-in.ts';

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
      // Whether somebody has it is told by whoever has the mail, and nobody else.
      return record(parts, AskEmailChange, { person, login: login.name, email: login.email }, visitor);
    },
    async changeEmail(link, visitor) {
      const by = { ...link, visitor };
      const account = await followedKnowing(parts, by, 'email', ({ nextLogin }) => nextLogin);
      if (isRejection(account)) return account;
      const { person, nextLogin } = account;
      const refusal = await record(parts, ClaimLogin, { person, login: nextLogin });
      return refusal?.code === EmailChangeVoid.code ? LinkVoid({}) : refusal;
    },
  };
}
