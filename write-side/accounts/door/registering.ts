import { AskVerification, NoteRegistrationAttempt, VerifyEmail } from '#domain/accounts/account/messages.ts';
import { AddressUnusable } from '#domain/accounts/door/messages.ts';
import { LoginInUse, Register } from '#domain/accounts/login/messages.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import { chosen } from './choosing.ts';
import type { Done, Door, Visitor } from './door.ts';
import { level } from './level.ts';
import { followed } from './links.ts';
import { type DoorParts, isRejection, type Login, loginOf, record, silent } from './parts.ts';

const ID_BYTES = 16;

/** A person by a name that tells nothing, not even when it was made. */
export const newPersonId = (random: RandomBytes): PersonId =>
  // Of Base64url a name of ours begins with neither of two signs.
  `p${Buffer.from(random(ID_BYTES)).toString('base64url')}`;

/** Whoever has the address already is written to, and asks themselves whether it was they. */
const attempted = async (parts: DoorParts, holder: PersonId, visitor: Visitor): Promise<Done> =>
  silent(await record(parts, NoteRegistrationAttempt, { person: holder }, visitor));

interface Wanted {
  readonly login: Login;
  readonly verifier: string;
  readonly paymentMeans: string | undefined;
}

async function registered(parts: DoorParts, wanted: Wanted, visitor: Visitor): Promise<Done> {
  const { known, random } = parts;
  const { login, verifier, paymentMeans } = wanted;
  const holder = await known.holderOf(login.name);
  if (holder !== undefined) return attempted(parts, holder, visitor);
  const { email, name } = login;
  const refusal = await record(
    parts,
    Register,
    {
      ...{ person: newPersonId(random), login: name, email, verifier, language: visitor.language },
      ...(paymentMeans !== undefined && { paymentMeans }),
    },
    visitor,
  );
  if (refusal?.code !== LoginInUse.code) return refusal;
  const faster = await known.holderOf(name);
  return faster === undefined ? undefined : attempted(parts, faster, visitor);
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
      const wanted = { login, verifier: made.verifier, paymentMeans };
      return level(parts.machineClock, parts.levelMs, () => registered(parts, wanted, visitor));
    },
    async verifyEmail(token) {
      const account = await followed(parts, token, 'verify', ({ login }) => login);
      if (isRejection(account)) return account;
      return record(parts, VerifyEmail, { person: account.person });
    },
    sendVerification: (person, visitor) => record(parts, AskVerification, { person }, visitor),
  };
}
