import { z } from 'zod';
import { idOfKind, type PersonId } from '../kernel/ids.ts';

/** A login as streams and views name it: an HMAC of the normalised address, which nobody turns back into one. */
export const LoginName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url')
  .meta({ id: 'LoginName', description: 'A login by its HMAC: it says nothing about whose it is.' });
export type LoginName = z.output<typeof LoginName>;

export const SessionId = idOfKind('SessionId', 'One signing-in of a person.');
export type SessionId = z.output<typeof SessionId>;
/** Shorter than others: it is named beside something else where a system comes in by itself. */
export const ClientId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$/, 'one to 50 letters, digits, _ . or -')
  .meta({ id: 'ClientId', description: 'A system that is registered with the platform.' });
export type ClientId = z.output<typeof ClientId>;
/** A system as the one who asks, where it comes in by itself: no person has such an id, whatever a system is called. */
export const clientSubject = (client: ClientId): PersonId => `client.${client}`;
/** What a person has let a system do in one of their sessions, by the name that it has in tokens: an HMAC, by which nobody gets anything. */
export const GrantId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url')
  .meta({ id: 'GrantId', description: 'What a person has let a system do in a session, by an HMAC.' });
export type GrantId = z.output<typeof GrantId>;
export const PasskeyId = idOfKind('PasskeyId', 'A passkey of a person, by a name of our own.');
export type PasskeyId = z.output<typeof PasskeyId>;
