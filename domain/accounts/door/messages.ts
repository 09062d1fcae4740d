import { z } from 'zod';
import { rejection } from '../../kernel/message.ts';

// What the door answers by itself, before any command.

export const InvalidCredentials = rejection('invalid_credentials', {
  message: 'The address or the password is wrong, or the account may not come in.',
  // Not 401: where a token came along, that is not what is wrong, and another one does not help.
  status: 403,
});
export const InvalidCode = rejection('invalid_code', {
  message: 'This code or passkey is not taken. A code is taken once: wait for the next one.',
  status: 403,
});
export const LinkVoid = rejection('link_void', {
  message: 'This link was used, its time is over, or another one has taken its place. Ask for a new one.',
  status: 410,
});
export const PasswordRefused = rejection('password_refused', {
  message:
    'Choose another password: fifteen characters or more (eight where a second factor is asked for besides), none that many have, nothing of your address in it, no keys in a row.',
  details: {
    problem: z.enum(['too_short', 'too_long', 'common', 'personal', 'repeated', 'run']),
    /** Characters, where there are too few. */
    least: z.int().min(1).optional(),
    /** Characters and bytes, where there are too many. */
    mostCharacters: z.int().min(1).optional(),
    mostBytes: z.int().min(1).optional(),
  },
  status: 422,
});
export const AddressUnusable = rejection('address_unusable', {
  message: 'We cannot write to this address. Give one as ann@mail.example, and nothing beside it.',
  status: 422,
});

/** Nobody could sign in by what they would register with. */
export const SignedInElsewhere = rejection('signed_in_elsewhere', {
  message: 'Accounts, passwords and second factors are kept by the issuer of tokens, and not here. Go there.',
  details: { issuer: z.string().max(255) },
  status: 404,
});

export const rejections = [
  InvalidCredentials,
  InvalidCode,
  LinkVoid,
  PasswordRefused,
  AddressUnusable,
  SignedInElsewhere,
] as const;
