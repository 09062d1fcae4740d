import { z } from 'zod';
import { GrantableRole } from '#domain/accounts/account/messages.ts';
import { ClientId, LoginName, SessionId } from '#domain/accounts/ids.ts';
import { PositionText } from '#domain/kernel/envelope.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { personalText } from '#domain/kernel/personal.ts';

// What the accounts' views hold. What is about a person stands here as events have sealed it, and is opened for nobody but whoever is shown
// it: an erasure changes no document. Nothing that proves who somebody is comes here at all.

const ofPerson = { of: 'person' } as const;

const RoleGrant = z
  .object({
    role: GrantableRole,
    /** Who gave it: an administrator, or the platform where it names itself. */
    by: PersonId,
    since: Instant,
    /** Of a role that is given for ever there is none. */
    until: Instant.optional(),
  })
  .meta({ id: 'RoleGrant', description: 'A role that a person has, who gave it, and until when.' });

/** The person. */
export const AccountDocument = z
  .object({
    id: PersonId,
    person: PersonId,
    state: z.enum(['active', 'locked', 'closed', 'erased']),
    login: LoginName,
    email: personalText({ ...ofPerson, and: ['admin'] }),
    emailVerified: z.boolean(),
    /** Why an administrator keeps the person out. */
    lockedBecause: personalText({ ...ofPerson, and: ['admin'] }).optional(),
    /** The same, of who was locked before causes were sealed. */
    lockedBecauseInPlain: z.string().optional(),
    /** Too many attempts failed: nobody comes in before. */
    lockedOutUntil: Instant.optional(),
    /** The roles of `grants`, also where their time is over: a view has no clock, and whoever shows it leaves those out. */
    roles: z.array(GrantableRole).max(GrantableRole.options.length),
    grants: z.array(RoleGrant).max(GrantableRole.options.length),
    /** Whether codes of an app are asked for. */
    totp: z.boolean(),
    passkeys: z.int().min(0).max(100),
    recoveryCodesLeft: z.int().min(0).max(100),
    registeredAt: Instant,
    /** Of the registration that the account is of: before its address was proven, the last. */
    position: PositionText,
    updatedAt: Instant,
  })
  .meta({ id: 'Account', description: 'How a person comes in, and what they may do.' });
export type AccountDocument = z.output<typeof AccountDocument>;

/** The person. */
export const ProfileDocument = z
  .object({
    id: PersonId,
    person: PersonId,
    name: personalText({ ...ofPerson, and: ['admin'] }),
    address: personalText(ofPerson),
    phone: personalText(ofPerson).optional(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Profile', description: 'Who a person is, by their own words.' });
export type ProfileDocument = z.output<typeof ProfileDocument>;

/** `<person>:<session>`. */
export const SessionDocument = z
  .object({
    id: z.string(),
    person: PersonId,
    session: SessionId,
    client: ClientId,
    address: personalText(ofPerson).optional(),
    /** By which browser, and on what. */
    browser: personalText(ofPerson).optional(),
    openedAt: Instant,
    expiresAt: Instant,
    position: PositionText,
  })
  .meta({ id: 'Session', description: 'Where a person is signed in, by which system, and since when.' });
export type SessionDocument = z.output<typeof SessionDocument>;

/** The system. */
export const ClientDocument = z
  .object({
    id: ClientId,
    name: z.string(),
    state: z.enum(['known', 'removed']),
    /** Whether it has a secret. */
    confidential: z.boolean(),
    grantTypes: z.array(z.string()).max(4),
    redirectUris: z.array(z.string()).max(10),
    /** What it may do in its own name. */
    roles: z.array(GrantableRole).max(7),
    backchannelLogoutUri: z.string().optional(),
    registeredBy: PersonId,
    registeredAt: Instant,
    /** Which administrator was told the secret of now; of a system without one nobody. */
    secretBy: PersonId.optional(),
    /** When it got its last secret. */
    rotatedAt: Instant.optional(),
    updatedAt: Instant,
  })
  .meta({ id: 'Client', description: 'A system that is registered with the platform.' });
export type ClientDocument = z.output<typeof ClientDocument>;
