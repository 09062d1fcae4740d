import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, givenDoor, PASSWORD, visitor } from '#test/support/door.ts';
import { newPersonId } from '#write-side/accounts/door/registering.ts';

const DAY_MS = 24 * 60 * 60_000;
const email = 'ann@mail.example';

test('whoever registers is answered alike, whether the address is known or not; whoever has it is told once a day', async () => {
  const { door, stored, holderOf, clock, known } = givenDoor();
  const register = (address: string) => door.register({ email: address, password: PASSWORD }, visitor);
  assert.equal(await register(' Ann@Mail.Example '), undefined);
  const person = await holderOf(email);
  assert.ok(person);
  const account = await known.account(person);
  assert.deepEqual([account?.email, account?.emailVerified, account?.language], [email, false, 'fr']);
  const attempts = async () => (await stored()).filter(({ type }) => type === 'RegistrationAttempted').length;
  for (const times of [1, 1]) {
    assert.equal(await register(email), undefined);
    assert.equal(await attempts(), times);
  }
  clock.advanceTo(new Date(Date.parse(clock.now()) + DAY_MS).toISOString());
  await register(email);
  assert.equal(await attempts(), 2);
});

test('of many who register an address at once one has it, and nobody learns which', async () => {
  const { door, stored } = givenDoor();
  const told = await Promise.all(
    Array.from({ length: 8 }, (_, at) => door.register({ email, password: `${PASSWORD} ${at}` }, visitor)),
  );
  assert.deepEqual([...new Set(told)], [undefined]);
  const types = (await stored()).map(({ type }) => type);
  assert.equal(types.filter((type) => type === 'AccountRegistered').length, 1);
});

test('a password is judged before anything is recorded, and no address is taken that no mail reaches', async () => {
  const { door, stored } = givenDoor();
  const register = async (password: string, address = email) => {
    const told = await door.register({ email: address, password }, visitor);
    return [codeOf(told), (told?.details as { readonly problem?: string } | undefined)?.problem];
  };
  assert.deepEqual(await register('fourteen chars'), ['password_refused', 'too_short']);
  assert.deepEqual(await register('passwordpassword'), ['password_refused', 'common']);
  assert.deepEqual(await register('ann@mail.example too'), ['password_refused', 'personal']);
  assert.deepEqual(await register('a'.repeat(1_000_000)), ['password_refused', 'too_long']);
  for (const address of ['ann', 'ann@mail', 'a b@mail.example', `${'a'.repeat(400)}@mail.example`])
    assert.deepEqual(await register(PASSWORD, address), ['address_unusable', undefined], address);
  assert.deepEqual(await stored(), []);
});

test('a link proves an address until its time is over, and no other link does', async () => {
  const { door, holderOf, linkOf, clock, known } = givenDoor();
  await door.register({ email, password: PASSWORD }, visitor);
  await door.register({ email: 'bob@mail.example', password: PASSWORD }, visitor);
  const person = (await holderOf(email)) ?? '';
  const bobs = await linkOf('verify', 'AccountRegistered');
  await door.sendVerification(person, visitor);
  const token = await linkOf('verify', 'VerificationAsked');
  const [, until, name] = token.split('~');
  const forged = [
    bobs.replace(/^[^~]+/, person),
    `${person}~${(Number.parseInt(until ?? '', 36) + 1).toString(36)}~${name}`,
    token.slice(0, -1),
    `${token}x`,
    await linkOf('email', 'VerificationAsked'),
    '',
    'x'.repeat(10_000),
  ];
  for (const each of forged)
    assert.equal(codeOf(await door.verifyEmail(each)), 'link_void', each.slice(0, 80));
  assert.equal((await known.account(person))?.emailVerified, false);
  const end = Date.parse(clock.now()) + DAY_MS;
  clock.advanceTo(new Date(end - 1).toISOString());
  assert.equal(await door.verifyEmail(token), undefined);
  assert.equal(await door.verifyEmail(token), undefined, 'whoever follows it twice is told the same');
  assert.deepEqual((await known.account(person))?.roles, ['bidder', 'seller']);
  clock.advanceTo(new Date(end).toISOString());
  assert.equal(codeOf(await door.verifyEmail(token)), 'link_void');
});

test('the mail comes again when it is asked for, some times a day', async () => {
  const { door, holderOf } = givenDoor();
  await door.register({ email, password: PASSWORD }, visitor);
  const person = (await holderOf(email)) ?? '';
  const told: unknown[] = [];
  for (let at = 0; at < 6; at++) told.push(codeOf(await door.sendVerification(person, visitor)));
  assert.deepEqual(told, [...Array(5).fill(undefined), 'too_many_letters']);
});

test('registrations of one network are bounded, whatever the addresses', async () => {
  const { door, pass } = givenDoor();
  const register = async (at: number) =>
    codeOf(
      await door.register(
        { email: `p${at}@mail.example`, password: PASSWORD },
        { ...visitor, address: `2001:db8:1:2::${at.toString(16)}` },
      ),
    );
  for (let at = 1; at <= 60; at++) assert.equal(await register(at), undefined);
  assert.equal(await register(61), 'too_many_attempts');
  pass(60 * 60_000);
  assert.equal(await register(62), undefined);
});

test('ids of people fit their form, and tell nothing', () => {
  const zeros = newPersonId((count) => new Uint8Array(count));
  const ones = newPersonId((count) => new Uint8Array(count).fill(255));
  assert.match(zeros, /^pA{22}$/);
  assert.match(ones, /^p_{21}w$/);
});
