import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grantedAdministrators } from '#compose/administrators.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { givenDoor, PASSWORD, visitor } from '#test/support/door.ts';
import { administrators } from '#write-side/accounts/door/administrators.ts';
import { appoint } from '#write-side/accounts/door/appointing.ts';

const ADA = 'ada@mail.example';

/** A door that waits for an administrator, and what its log was told. */
function givenWaiting() {
  const told: string[] = [];
  const say = (_: object, message: string) => void told.push(message);
  const log = { ...noLog, info: say, warn: say };
  const given = givenDoor({ parts: { administrator: ADA, log } });
  const { door, holderOf, linkOf, known, parts } = given;
  return {
    ...given,
    told,
    start: (administrator = ADA) => appoint({ ...parts, administrator }),
    rolesOf: async (person: string) => (await known.account(person))?.roles,
    async proven(email: string): Promise<string> {
      await door.register({ email, password: PASSWORD }, visitor);
      const token = await linkOf('verify', 'AccountRegistered');
      assert.equal(await door.verifyEmail({ token, password: PASSWORD }, visitor), undefined);
      return (await holderOf(email)) ?? assert.fail('nobody is registered');
    },
  };
}

test('an address makes one administrator in the life of the house, and another address another one', async () => {
  const { door, proven, rolesOf, linkOf, start, told } = givenWaiting();
  const ada = await proven(ADA);
  assert.deepEqual(await rolesOf(ada), ['admin']);
  const moved = { email: 'ada@elsewhere.example', password: PASSWORD };
  assert.equal(await door.askEmailChange(ada, moved, visitor), undefined);
  const token = await linkOf('email', 'EmailChangeAsked');
  assert.equal(await door.changeEmail({ token, password: PASSWORD }, visitor), undefined);
  const next = await proven(ADA);
  assert.notEqual(next, ada);
  await start();
  assert.deepEqual(await rolesOf(next), ['bidder', 'seller'], 'whoever has the mailbox next');
  assert.match(told.at(-1) ?? '', /name another address/);
  const eve = await proven('eve@mail.example');
  await start('eve@mail.example');
  assert.deepEqual(await rolesOf(eve), ['admin'], 'so the house comes to one when every other is lost');
});

test('who is an administrator no more is not said to be one whenever anybody proves an address', async () => {
  const { tell, proven, rolesOf, told, start } = givenWaiting();
  const ada = await proven(ADA);
  assert.deepEqual(told, ['the administrator is there']);
  const admin = { id: 'eve', roles: ['admin' as const], reputation: 0 };
  assert.equal(await tell('WithdrawRole', { person: ada, role: 'admin' }, admin), 'accepted');
  await proven('bob@mail.example');
  assert.deepEqual(told, ['the administrator is there']);
  await start();
  assert.deepEqual(await rolesOf(ada), []);
  assert.doesNotMatch(told.slice(1).join(), /is there/);
});

test('who was the only administrator, and has given it up, comes back by a start, and nobody by a mailbox', async () => {
  const { tell, proven, rolesOf, told, start, parts, store } = givenWaiting();
  const house = administrators(parts, () => grantedAdministrators(store), parts.log);
  await house.look();
  assert.equal(await house.standing(), 'none yet');
  const ada = await proven(ADA);
  const bob = await proven('bob@mail.example');
  const as = (id: string) => ({ id, roles: ['admin' as const], reputation: 0 });
  for (const role of ['bidder', 'seller'] as const)
    assert.equal(await tell('WithdrawRole', { person: bob, role }, as(ada)), 'accepted');
  assert.equal(await tell('GrantRole', { person: bob, role: 'admin' }, as(ada)), 'accepted');
  assert.equal(await tell('WithdrawRole', { person: ada, role: 'admin' }, as(ada)), 'accepted');
  assert.equal(await house.standing(), 'yes');
  await start();
  assert.deepEqual(await rolesOf(ada), [], 'another is there');
  assert.equal(await tell('CloseAccount', { forGood: true }, as(bob)), 'accepted');
  assert.equal(await house.standing(), 'no more');
  const before = told.length;
  await house.look();
  await house.look();
  assert.deepEqual(told.slice(before).length, 1, 'told once');
  assert.match(told.at(-1) ?? '', /nobody is an administrator any more/);
  await proven('eve@mail.example');
  assert.deepEqual(await rolesOf(ada), [], 'whatever others prove');
  await start();
  assert.deepEqual(await rolesOf(ada), ['admin']);
  assert.equal(await house.standing(), 'yes');
});
