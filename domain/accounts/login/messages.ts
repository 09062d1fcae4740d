import { PersonId } from '../../kernel/ids.ts';
import { command, event, rejection } from '../../kernel/message.ts';
import { personalInput } from '../../kernel/personal.ts';
import { Language } from '../../kernel/ports/mail.ts';
import { stream } from '../../kernel/stream.ts';
import { someText } from '../../kernel/text.ts';
import { registration } from '../account/events.ts';
import { AccountExists, AccountUnknown, EmailChangeVoid } from '../account/rejections.ts';
import { LoginName } from '../ids.ts';
import { verifierInput } from '../verifiers.ts';

// Streams `login-<HMAC of the address>`: whose a login is. What two registrations want at once is decided here. This is the permanent
// storage format.

const ofPerson = { of: 'person' } as const;
const whose = { login: LoginName, person: PersonId };

export const LoginTaken = event('LoginTaken', {
  version: 1,
  published: false,
  description:
    'A login belongs to a person from now on; what they have registered with goes on to their account.',
  data: registration,
});
export const LoginClaimed = event('LoginClaimed', {
  version: 1,
  published: false,
  description: 'A login belongs to a person from now on who has an account, to which it goes on.',
  data: whose,
});
export const LoginReleased = event('LoginReleased', {
  version: 1,
  published: false,
  description:
    'A login is not its person’s any more, who has another account or address, or was erased: it is nobody’s, or passed on in the same step.',
  data: whose,
});

export const LoginInUse = rejection('login_in_use', {
  message: 'Somebody has registered with this login already.',
});

/** The streams of logins. */
export const loginStream = stream('login', ({ login }: { login: LoginName }) => login);

export const Register = command('Register', {
  description:
    'Registers a person under a login that nobody has. The door has named the login, and made the verifier; of two at once exactly one comes to an account.',
  from: 'internal',
  data: {
    ...whose,
    email: personalInput(someText(254), ofPerson),
    language: Language.optional(),
    verifier: verifierInput(ofPerson),
    paymentMeans: verifierInput(ofPerson).optional(),
  },
  stream: loginStream,
  rejections: [LoginInUse, AccountExists],
});
export const ClaimLogin = command('ClaimLogin', {
  description:
    'Claims a login that nobody has for a person who has another one. The door has checked the link in the mail to its address.',
  from: 'internal',
  data: whose,
  stream: loginStream,
  rejections: [LoginInUse, AccountUnknown, EmailChangeVoid],
});
export const ReleaseLogin = command('ReleaseLogin', {
  description: 'Lets go of a login that a person has.',
  from: 'internal',
  data: whose,
  stream: loginStream,
});

export const PassLogin = command('PassLogin', {
  description:
    'Passes a login on from whoever has it to whoever has proven its address; it is nobody’s in between.',
  from: 'internal',
  data: { ...whose, to: PersonId },
  stream: loginStream,
});

export const events = [LoginTaken, LoginClaimed, LoginReleased] as const;
export const commands = [Register, ClaimLogin, ReleaseLogin, PassLogin] as const;
