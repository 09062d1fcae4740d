import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as a from '#domain/accounts/account/messages.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import { accountsView } from '#projections/accounts/accounts.ts';
import { registrationOf } from '#test/support/accounts.ts';
import { documentsOf, NOW } from '#test/support/given.ts';

const p = { person: 'p-1' };
const registration = registrationOf('p-1');
const begun = [
  a.AccountRegistered(registration),
  a.EmailVerified(p),
  a.RoleGranted({ ...p, role: 'clerk', by: 'ada' }),
  a.LockedOut({ ...p, until: NOW }),
];
const after = (...more: readonly NewEvent[]) => {
  const [account] = documentsOf(accountsView, [...begun, ...more], 'account-p-1').values();
  assert.ok(account);
  return account;
};

test('an account that is left has no roles, and of who is erased nothing is said any more', () => {
  const shown = ({ state, roles, grants, emailVerified, lockedOutUntil }: ReturnType<typeof after>) => ({
    ...{
      state,
      roles,
      grants: (grants as readonly unknown[]).length,
      emailVerified,
      isLockedOut: lockedOutUntil !== undefined,
    },
  });
  assert.deepEqual(shown(after()), {
    ...{ state: 'active', roles: ['clerk'], grants: 1, emailVerified: true, isLockedOut: true },
  });
  const closed = a.AccountClosed(p);
  assert.deepEqual(shown(after(closed)), {
    ...{ state: 'closed', roles: [], grants: 0, emailVerified: true, isLockedOut: true },
  });
  const erased = a.PersonErased({ ...p, login: registration.login });
  // A role that is taken back behind it is none of theirs already.
  const withdrawn = a.RoleWithdrawn({ ...p, role: 'clerk', by: 'ada' });
  for (const history of [[erased], [closed, erased], [erased, withdrawn]])
    assert.deepEqual(shown(after(...history)), {
      ...{ state: 'erased', roles: [], grants: 0, emailVerified: false, isLockedOut: false },
    });
});
