import {
  AskVerification,
  NoteRegistrationAttempt,
  PasswordReplaced,
  ReplaceRegistration,
  VerifyEmail,
} from '#domain/accounts/account/messages.ts';
import { AddressUnusable, InvalidCredentials } from '#domain/accounts/door/messages.ts';
import { LoginInUse, Register } from '#domain/accounts/login/messages.ts';
import { type Login, loginOf } from '#domain/accounts/login/naming.ts';
import type { PaymentId, PersonId } from '#domain/kernel/ids.ts';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import { chosen } from './choosing.ts';
import type { Done, Door, Visitor } from './door.ts';
import { level } from './level.ts';
import { followedKnowing, heldNoMore } from './links.ts';
import { activeAccount, type DoorParts, isRejection, record, silent } from './parts.ts';

const ID_BYTES = 16;

/** A person by a name that tells nothing, not even when it was made. */
export const newPersonId = (random: RandomBytes): PersonId =>
  // Of Base64url a name of ours begins with neither of two signs.
  `p${Buffer.from(random(ID_BYTES)).toString('base64url')}`;

/** What somebody has chosen, as it may be recorded. */
interface Wanted {
  readonly verifier: string;
  readonly language: Language;
  readonly paymentMeans?: PaymentId;
}

/**
 * Whoever has the address already is written to, and asks themselves whether it was they. Where nobody has proven it, it may have been a
 * stranger who came first: who comes last is taken.
 */
async function attempted(
  parts: DoorParts,
  person: PersonId,
  wanted: Wanted,
  visitor: Visitor,
): Promise<Done> {
  const account = await activeAccount(parts.known, person);
  const isProven = account === undefined || account.emailVerified;
  const refusal = isProven
    ? await record(parts, NoteRegistrationAttempt, { person }, visitor)
    : await record(parts, ReplaceRegistration, { person, ...wanted }, visitor);
  return silent(refusal);
}

async function registered(parts: DoorParts, login: Login, wanted: Wanted, visitor: Visitor): Promise<Done> {
  const { known, random } = parts;
  const { email, name } = login;
  const holder = await known.holderOf(name);
  if (holder !== undefined) return attempted(parts, holder, wanted, visitor);
  const data = { person: newPersonId(random), login: name, email, ...wanted };
  const refusal = await record(parts, Register, data, visitor);
  if (refusal?.code !== LoginInUse.code) return refusal;
  const faster = await known.holderOf(name);
  return faster === undefined ? undefined : attempted(parts, faster, wanted, visitor);
}

/** How people come to an account, and show that its address is theirs. */
export function registering(parts: DoorParts): Pick<Door, 'register' | 'verifyEmail' | 'sendVerification'> {
  return {
    async register({ email, password, paymentMeans }, visitor) {
      const login = loginOf(email, parts.nameOf);
      if (login === undefined) return AddressUnusable({});
      const tooMany = await parts.counts.count('registration', visitor.address);
      if (tooMany !== undefined) return tooMany;
      // The same work for an address that is known: it is judged and hashed before anybody looks.
      const made = await chosen(parts, { password, email: login.email, withSecondFactor: false });
      if ('rejected' in made) return made;
      const wanted = {
        ...{ verifier: made.verifier, language: visitor.language },
        ...(paymentMeans !== undefined && { paymentMeans }),
      };
      return level(parts.machineClock, parts.levelMs, () => registered(parts, login, wanted, visitor));
    },
    async verifyEmail(link, visitor) {
      const by = { ...link, visitor };
      const account = await followedKnowing(parts, by, 'verify');
      if (isRejection(account)) return account;
      const { person, passwordSince: since } = account;
      const refusal = await record(parts, VerifyEmail, { person, since }, visitor);
      if (refusal?.code === PasswordReplaced.code) return InvalidCredentials({});
      return heldNoMore(refusal);
    },
    sendVerification: (person, visitor) => record(parts, AskVerification, { person }, visitor),
  };
}
