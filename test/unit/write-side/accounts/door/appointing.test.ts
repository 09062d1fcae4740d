import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLog } from '#domain/kernel/ports/log.ts';
import { givenDoor, PASSWORD, visitor } from '#test/support/door.ts';
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
