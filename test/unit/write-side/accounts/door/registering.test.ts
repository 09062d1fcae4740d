import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, givenDoor, PASSWORD, visitor } from '#test/support/door.ts';
import { openDoor } from '#write-side/accounts/door/opened.ts';
import { newPersonId } from '#write-side/accounts/door/registering.ts';

const DAY_MS = 24 * 60 * 60_000;
const email = 'ann@mail.example';

/** A door, and how many mails were sent that prove an address. */
function givenRegistrations() {
  const given = givenDoor();
  const loud = new Set(['AccountRegistered', 'RegistrationReplaced', 'VerificationAsked']);
  const mails = async () =>
    (await given.stored()).filter(({ type, data }) => loud.has(type) && !('quiet' in data)).length;
  return { ...given, mails };
}

test('whoever registers is answered alike, whether the address is known or not; whoever has it is told once a day', async () => {
  const { door, stored, holderOf, clock, known, tell } = givenDoor();
  const register = (address: string) => door.register({ email: address, password: PASSWORD }, visitor);
  assert.equal(await register(' Ann@Mail.Example '), undefined);
  const person = await holderOf(email);
  assert.ok(person);
  const account = await known.account(person);
  assert.deepEqual([account?.email, account?.emailVerified, account?.language], [email, false, 'fr']);
  await tell('VerifyEmail', { person });
  const attempts = async () => (await stored()).filter(({ type }) => type === 'RegistrationAttempted').length;
  for (const times of [1, 1]) {
    assert.equal(await register(email), undefined);
    assert.equal(await attempts(), times);
  }
  clock.advanceTo(new Date(Date.parse(clock.now()) + DAY_MS).toISOString());
  await register(email);
  assert.equal(await attempts(), 2);
});

test('a stranger who registers an address takes it no further: what its owner was sent holds, and mails to it stay few', async () => {
  const { door, tell, holderOf, linkOf, mails, stored } = givenRegistrations();
  const mine = 'a lighthouse, a meadow, a copper pan';
  await door.register({ email, password: mine }, visitor);
  const person = (await holderOf(email)) ?? '';
  const verify = await linkOf('verify', 'AccountRegistered');
  await door.askReset(email, visitor);
  const reset = await linkOf('reset', 'PasswordResetAsked');
  for (let times = 0; times < 3; times += 1) {
    await door.register({ email, password: PASSWORD }, visitor);
    const self = { id: person, roles: [], reputation: 0 };
    for (const way of ['EraseMe', 'CloseAccount'])
      assert.equal(await tell(way, { forGood: true }, self), 'email_not_verified', way);
    const elsewhere = { email: 'stranger@mail.example', password: PASSWORD };
    assert.equal(codeOf(await door.askEmailChange(person, elsewhere, visitor)), 'email_not_verified');
    assert.equal(await holderOf(email), person);
  }
  assert.equal(await mails(), 2, 'to whoever came first, and once to whoever came behind them');
  assert.ok(!(await stored()).some(({ type }) => type === 'EmailChangeAsked'));
  assert.equal(codeOf(await door.linkedTo(verify, 'verify')), undefined);
  assert.equal(await door.reset({ token: reset, password: mine }, visitor), undefined);
});

test('where nobody has proven an address, whoever registers last is taken, and nothing of who came before is left', async () => {
  const { door, stored, holderOf, linkOf, last, known, tell, clock, hashed } = givenDoor();
  const mine = 'a lighthouse, a meadow, a copper pan';
  const pays = (paymentMeans: string) => ({ email, paymentMeans });
  await door.register({ ...pays('pm_stranger'), password: PASSWORD }, visitor);
  const person = (await holderOf(email)) ?? '';
  const before = await linkOf('verify', 'AccountRegistered');
  await door.sendVerification(person, visitor);
  const asked = await linkOf('verify', 'VerificationAsked');
  const times = { provenAt: clock.now(), expiresAt: '2100-01-01T00:00:00.000Z' };
  assert.equal(await tell('OpenSession', { person, session: 's1', client: 'web', ...times }), 'accepted');
  assert.equal((await known.sessions(person)).length, 1);
  await door.askReset(email, visitor);
  const reset = await linkOf('reset', 'PasswordResetAsked');

  const hashedBefore = hashed();
  const said = await door.register({ ...pays('pm_mine'), password: mine }, { ...visitor, language: 'ru' });
  assert.deepEqual([said, hashed() - hashedBefore], [undefined, 1], 'as for an address that nobody has');
  assert.equal(await holderOf(email), person, 'there is one account');
  const account = await known.account(person);
  assert.deepEqual([account?.language, account?.nextLogin], ['ru', undefined]);
  assert.deepEqual(await known.sessions(person), [], 'whoever came in by the password of before is out');
  const { data } = await last('RegistrationReplaced');
  for (const field of ['email', 'verifier', 'paymentMeans'])
    assert.equal((data as Record<string, { readonly of?: string }>)[field]?.of, person, `${field} is sealed`);
  const texts = (await stored()).map((event) => JSON.stringify(event.data));
  assert.doesNotMatch(texts.join(), /pm_mine|argon2id/);

  const verify = async (token: string, password: string) =>
    codeOf(await door.verifyEmail({ token, password }, visitor));
  for (const token of [before, asked]) assert.equal(await verify(token, PASSWORD), 'invalid_credentials');
  const token = await linkOf('verify', 'RegistrationReplaced');
  assert.equal(await verify(token, PASSWORD), 'invalid_credentials');
  assert.equal(await verify(token, mine), undefined);
  assert.equal((await known.account(person))?.emailVerified, true);
  assert.equal(
    codeOf(await door.reset({ token: reset, password: mine }, visitor)),
    'link_void',
    'it is proven',
  );

  await door.register({ ...pays('pm_late'), password: PASSWORD }, visitor);
  assert.equal(codeOf(await door.recognise({ email, password: PASSWORD }, visitor)), 'invalid_credentials');
  assert.equal(codeOf(await door.recognise({ email, password: mine }, visitor)), undefined);
});

test('a stranger who registers while the password is checked has not had their own proven', async () => {
  const { door, linkOf, holderOf, known, parts } = givenDoor();
  await door.register({ email, password: PASSWORD }, visitor);
  const token = await linkOf('verify', 'AccountRegistered');
  const meanwhile = openDoor({
    ...parts,
    throttle: {
      ...parts.throttle,
      async attempt(who, check) {
        const right = await parts.throttle.attempt(who, check);
        await door.register({ email, password: `${PASSWORD} of a stranger` }, visitor);
        return right;
      },
    },
  });
  const said = codeOf(await meanwhile.verifyEmail({ token, password: PASSWORD }, visitor));
  assert.equal(said, 'invalid_credentials');
  assert.equal((await known.account((await holderOf(email)) ?? ''))?.emailVerified, false);
});

test('passwords behind a link are counted as those of sign-ins are, and behind no link at all none is', async () => {
  const { door, linkOf } = givenDoor();
  await door.register({ email, password: PASSWORD }, visitor);
  const token = await linkOf('verify', 'AccountRegistered');
  const wrong = { password: 'wrong' };
  const verify = async (of: string) => codeOf(await door.verifyEmail({ token: of, ...wrong }, visitor));
  for (let at = 0; at < 20; at++) assert.equal(await verify(token.slice(0, -1)), 'link_void');
  for (let at = 0; at < 10; at++) assert.equal(await verify(token), 'invalid_credentials');
  assert.equal(await verify(token), 'too_many_attempts');
  const signIn = await door.recognise({ email, password: PASSWORD }, visitor);
  assert.equal(codeOf(signIn), 'too_many_attempts', 'they are the same attempts');
});

test('whoever registers an address of others without end keeps them from it neither by mail nor by password', async () => {
  const { door, linkOf, holderOf, known, clock, mails } = givenRegistrations();
  const mine = 'a lighthouse, a meadow, a copper pan';
  let at = 0;
  const stranger = () => {
    at += 1;
    clock.advanceTo(new Date(Date.parse(clock.now()) + 1_000).toISOString());
    return door.register({ email, password: PASSWORD }, { ...visitor, address: `198.51.100.${at}` });
  };
  for (let times = 0; times < 20; times += 1) assert.equal(await stranger(), undefined);
  assert.equal(await mails(), 2, 'the first, and one a minute behind it');
  for (let times = 0; times < 5; times += 1) await door.askReset(email, visitor);

  assert.equal(await door.register({ email, password: mine }, visitor), undefined);
  assert.equal(await mails(), 2);
  const token = await linkOf('verify', 'AccountRegistered');
  const reset = await linkOf('reset', 'PasswordResetAsked');
  const person = (await holderOf(email)) ?? '';
  assert.equal(
    codeOf(await door.recognise({ email, password: mine }, visitor)),
    undefined,
    'theirs is taken',
  );
  await stranger();
  assert.equal(codeOf(await door.verifyEmail({ token, password: mine }, visitor)), 'invalid_credentials');
  assert.equal(
    await door.reset({ token: reset, password: mine }, visitor),
    undefined,
    'the mail is stronger',
  );
  assert.equal((await known.account(person))?.emailVerified, true);
  await stranger();
  assert.equal(codeOf(await door.recognise({ email, password: mine }, visitor)), undefined);
});

test('whoever registers behind a stranger needs no other mail than the one that has come', async () => {
  const { door, linkOf, known, holderOf } = givenRegistrations();
  const mine = 'a lighthouse, a meadow, a copper pan';
  for (const password of [PASSWORD, PASSWORD, mine]) await door.register({ email, password }, visitor);
  const token = await linkOf('verify', 'AccountRegistered');
  assert.equal(await door.verifyEmail({ token, password: mine }, visitor), undefined);
  assert.equal((await known.account((await holderOf(email)) ?? ''))?.emailVerified, true);
});

test('of many who register an address at once one has it, and nobody learns which', async () => {
  const { door, stored, linkOf, holderOf, known, mails } = givenRegistrations();
  const passwords = Array.from({ length: 10 }, (_, at) => `${PASSWORD} ${at}`);
  const told = await Promise.all(passwords.map((password) => door.register({ email, password }, visitor)));
  assert.deepEqual([...new Set(told)], [undefined]);
  const types = (await stored()).map(({ type }) => type);
  assert.equal(types.filter((type) => type === 'AccountRegistered').length, 1);
  assert.equal(types.filter((type) => type === 'RegistrationReplaced').length, 9);
  assert.equal(await mails(), 2, 'no box is filled by it');
  // The link is for the last password, whosever it is.
  const token = await linkOf('verify', 'AccountRegistered');
  const links = await Promise.all(
    passwords.map(async (password, at) =>
      codeOf(await door.verifyEmail({ token, password }, { ...visitor, address: `198.51.100.${at}` })),
    ),
  );
  assert.equal(links.filter((code) => code === undefined).length, 1);
  assert.equal((await known.account((await holderOf(email)) ?? ''))?.emailVerified, true);
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
  const verify = (of: string) => door.verifyEmail({ token: of, password: PASSWORD }, visitor);
  for (const each of forged) assert.equal(codeOf(await verify(each)), 'link_void', each.slice(0, 80));
  assert.equal((await known.account(person))?.emailVerified, false);
  const end = Date.parse(clock.now()) + DAY_MS;
  clock.advanceTo(new Date(end - 1).toISOString());
  assert.equal(await verify(token), undefined);
  assert.equal(await verify(token), undefined, 'whoever follows it twice is told the same');
  assert.deepEqual((await known.account(person))?.roles, ['bidder', 'seller']);
  clock.advanceTo(new Date(end).toISOString());
  assert.equal(codeOf(await verify(token)), 'link_void');
});

test('the mail comes again when it is asked for, the more seldom the more there were', async () => {
  const { door, holderOf, clock } = givenDoor();
  await door.register({ email, password: PASSWORD }, visitor);
  const person = (await holderOf(email)) ?? '';
  const told: unknown[] = [];
  for (const minutes of [0, 1, 4, 1, 14, 1, 59, 1]) {
    clock.advanceTo(new Date(Date.parse(clock.now()) + minutes * 60_000).toISOString());
    told.push(codeOf(await door.sendVerification(person, visitor)));
  }
  const no = 'too_many_letters';
  assert.deepEqual(told, [undefined, undefined, no, undefined, no, undefined, no, undefined]);
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
