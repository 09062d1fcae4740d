import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeProfile, CreateProfile } from '#domain/accounts/profile/messages.ts';
import type { Role } from '#domain/kernel/actor.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { givenAccounts, registering } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';

const pia = someone('p-1', 'bidder', 'seller');
const words = { name: 'Pia Person', address: '1 Ångström Street\nTown', phone: '+1 555 0100' };

test('whoever can be reached says who they are, once, and changes it; nothing of it stands in plain', async () => {
  const { tell, history, typesOf } = givenAccounts();
  const create = () => tell(CreateProfile.type, words, pia);
  assert.equal(await create(), 'account_unknown');
  await tell('Register', registering('p-1'));
  assert.equal(await create(), 'email_not_verified');
  await tell('VerifyEmail', { person: 'p-1' });
  assert.equal(await tell(ChangeProfile.type, words, pia), 'profile_unknown');
  assert.equal(await create(), 'accepted');
  assert.equal(await create(), 'profile_exists');
  const { phone: _, ...less } = words;
  assert.equal(await tell(ChangeProfile.type, { ...less, name: 'Pia Q.' }, pia), 'accepted');
  assert.deepEqual(await typesOf('profile-p-1'), ['ProfileCreated', 'ProfileChanged']);
  const stored = JSON.stringify((await history('profile-p-1')).map(({ data }) => data));
  for (const plain of ['Pia', 'Street', '555']) assert.ok(!stored.includes(plain), plain);
});

test('an administrator has no profile, whether their token says so or their account; nor has whoever is locked', async () => {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const { tell, typesOf } = givenAccounts({ clock });
  const person = 'p-1';
  await tell('Register', registering(person));
  await tell('VerifyEmail', { person });
  const create = (...roles: Role[]) => tell(CreateProfile.type, words, someone(person, ...roles));
  assert.equal(await create('admin'), 'forbidden');
  assert.equal(await create('bidder', 'admin'), 'no_profile');
  const ada = someone('ada', 'admin');
  const grant = (until: string) => tell('GrantRole', { person, role: 'admin', until }, ada);
  for (const role of ['bidder', 'seller']) await tell('WithdrawRole', { person, role }, ada);
  await grant('2026-03-01T12:00:01.000Z');
  assert.equal(await create('bidder'), 'no_profile');
  await tell('LockAccount', { person, cause: 'Asked for.' }, ada);
  assert.equal(await create('bidder'), 'account_not_active');
  await tell('UnlockAccount', { person, cause: 'Asked for.' }, ada);
  clock.advanceTo('2026-03-01T12:00:01.000Z');
  assert.equal(await create('bidder'), 'accepted', 'the role is over');
  assert.deepEqual(await typesOf('profile-p-1'), ['ProfileCreated']);
});
