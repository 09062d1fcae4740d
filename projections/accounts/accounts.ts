import {
  AccountClosed,
  AccountLocked,
  AccountRegistered,
  AccountUnlocked,
  EmailChanged,
  EmailVerified,
  FactorsReset,
  LockedOut,
  PasskeyAdded,
  PasskeyRemoved,
  PersonErased,
  RecoveryCodesMade,
  RecoveryCodeUsed,
  RegistrationReplaced,
  RoleGranted,
  RoleWithdrawn,
  TotpConfirmed,
  TotpRemoved,
  VerifierChanged,
} from '#domain/accounts/account/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import { view } from '../view.ts';
import { AccountDocument } from './documents.ts';

type Change<Event> = (account: AccountDocument, event: Event) => Partial<AccountDocument>;

/** A fold of an account that is there: of none, nothing is known that could be changed. */
const changing =
  <Event extends RecordedEvent>(change: Change<Event>) =>
  (account: AccountDocument | undefined, event: Event): AccountDocument => {
    if (account === undefined) throw new Error(`${event.stream} begins with ${event.type}`);
    return { ...account, ...change(account, event), updatedAt: event.recordedAt };
  };

const withoutRole = <Each extends { readonly role: string }>(grants: readonly Each[], role: string): Each[] =>
  grants.filter((grant) => grant.role !== role);
const withGrants = (grants: AccountDocument['grants']): Pick<AccountDocument, 'grants' | 'roles'> => ({
  grants,
  roles: grants.map(({ role }) => role),
});

function registered(
  { data, recordedAt, position }: Recorded<typeof AccountRegistered>,
  id: string,
): AccountDocument {
  const { person, login, email } = data;
  return {
    ...{ id, person, login, email, state: 'active', emailVerified: false, grants: [], roles: [] },
    ...{ totp: false, passkeys: 0, recoveryCodesLeft: 0 },
    ...{ registeredAt: recordedAt, updatedAt: recordedAt, position: position.toString() },
  };
}

/** From when on it is the account of whoever has it: what was before is nothing that they are shown. */
const begun = (_: AccountDocument, { recordedAt, position }: RecordedEvent) => ({
  registeredAt: recordedAt,
  position: position.toString(),
});

/** Whoever has the mails of the account is let in again; where nobody had proven its address, they take it over. */
const newPassword = (
  account: AccountDocument,
  event: Recorded<typeof VerifierChanged>,
): Partial<AccountDocument> =>
  event.data.by === 'reset'
    ? { lockedOutUntil: undefined, ...(!account.emailVerified && begun(account, event)) }
    : {};

const notLocked = { lockedBecause: undefined, lockedBecauseInPlain: undefined };
const locked = ({
  data: { cause, causeInPlain },
}: Recorded<typeof AccountLocked>): Partial<AccountDocument> => ({
  ...{ state: 'locked', lockedBecause: cause, lockedBecauseInPlain: causeInPlain },
});

/** Nobody acts by an account that is left: its roles are nobody's. What was written about somebody in plain goes with them. */
const gone = (type: string): Partial<AccountDocument> => ({
  ...withGrants([]),
  ...(type === PersonErased.type
    ? { state: 'erased', emailVerified: false, lockedOutUntil: undefined, ...notLocked }
    : { state: 'closed' }),
});

const withoutApp = changing(() => ({ totp: false }));
const withoutFactors = changing(() => ({ totp: false, passkeys: 0, recoveryCodesLeft: 0 }));

/** Everybody's account. One whose person was erased stays, and says nothing about anybody. */
export const accountsView = view({
  name: 'accounts',
  version: 5,
  description: 'Accounts of people, with their roles and how they come in.',
  document: AccountDocument,
  indexes: [
    {
      name: 'by-state',
      fields: [
        { path: 'state', as: 'text' },
        { path: 'position', as: 'integer' },
      ],
    },
    { name: 'by-login', fields: [{ path: 'login', as: 'text' }] },
    { name: 'by-role', fields: [{ path: 'roles', as: 'text' }] },
    { name: 'by-position', fields: [{ path: 'position', as: 'integer' }] },
  ],
  on: (when) => [
    when(AccountRegistered, (_, event, id) => registered(event, id)),
    when(
      EmailVerified,
      changing(() => ({ emailVerified: true })),
    ),
    when(
      EmailChanged,
      changing((_, { data: { login, email } }) => ({ login, email })),
    ),
    when(RegistrationReplaced, changing(begun)),
    when(VerifierChanged, changing(newPassword)),
    when(
      LockedOut,
      changing((_, { data: { until } }) => ({ lockedOutUntil: until })),
    ),
    when(
      AccountLocked,
      changing((_, event) => locked(event)),
    ),
    when(
      AccountUnlocked,
      changing(() => ({ state: 'active', lockedOutUntil: undefined, ...notLocked })),
    ),
    when(
      AccountClosed,
      PersonErased,
      changing((_, { type }) => gone(type)),
    ),
    when(
      RoleGranted,
      changing(({ grants }, { data: { role, by, until }, recordedAt: since }) =>
        withGrants([
          ...withoutRole(grants, role),
          { role, by, since, ...(until !== undefined && { until }) },
        ]),
      ),
    ),
    when(
      RoleWithdrawn,
      changing(({ grants }, { data: { role } }) => withGrants(withoutRole(grants, role))),
    ),
    when(FactorsReset, withoutFactors),
    when(TotpRemoved, withoutApp),
    when(
      TotpConfirmed,
      changing(() => ({ totp: true })),
    ),
    when(
      PasskeyAdded,
      changing(({ passkeys }) => ({ passkeys: passkeys + 1 })),
    ),
    when(
      PasskeyRemoved,
      changing(({ passkeys }) => ({ passkeys: passkeys - 1 })),
    ),
    when(
      RecoveryCodesMade,
      changing((_, { data: { count } }) => ({ recoveryCodesLeft: count })),
    ),
    when(
      RecoveryCodeUsed,
      changing(({ recoveryCodesLeft }) => ({ recoveryCodesLeft: recoveryCodesLeft - 1 })),
    ),
  ],
  key: ({ data }) => data.person,
  keysBy: { person: (person) => person },
});
