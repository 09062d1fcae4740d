import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, givenDoor, granted, meanwhile, PASSWORD, visitor } from '#test/support/door.ts';

const email = 'ann@mail.example';
const OTHER = 'another horse, another battery';

test('a right password is known again; a wrong one, an unknown address and an account that may not come in are told alike', async () => {
  const { door, registered, tell, holderOf } = givenDoor();
  const person = await registered();
  const recognise = (address: string, password: string) =>
    door.recognise({ email: address, password }, visitor);
  assert.deepEqual(await recognise('ANN@mail.example', PASSWORD), { person, secondFactors: [] });
  const told = [await recognise(email, OTHER), await recognise('nobody@mail.example', PASSWORD)];
  const ada = { id: 'ada', roles: ['admin' as const], reputation: 0 };
  await tell('LockAccount', { person, cause: 'Asked for.' }, ada);
  told.push(await recognise(email, PASSWORD), await recognise('no address', PASSWORD));
  for (const each of told) assert.deepEqual(each, told[0]);
  assert.equal(codeOf(told[0]), 'invalid_credentials');
  assert.equal(await holderOf('nobody@mail.example'), undefined);
});

test('as much is hashed for an address that nobody has, and for an account that may not come in', async () => {
  const given = givenDoor();
  const { door, registered, tell, hashed } = given;
  const person = await registered();
  const work = async (ask: () => Promise<unknown>) => {
    const before = hashed();
    await ask();
    return hashed() - before;
  };
  const ada = { id: 'ada', roles: ['admin' as const], reputation: 0 };
  const recognise = (address: string, password: string) => () =>
    door.recognise({ email: address, password }, visitor);
  const register = (address: string) => () => door.register({ email: address, password: OTHER }, visitor);
  assert.equal(await work(recognise(email, PASSWORD)), 1);
  assert.equal(await work(recognise(email, OTHER)), 1);
  assert.equal(await work(recognise('nobody@mail.example', OTHER)), 1);
  await tell('LockAccount', { person, cause: 'Asked for.' }, ada);
  assert.equal(await work(recognise(email, PASSWORD)), 1);
  assert.equal(await work(register(email)), 1);
  assert.equal(await work(register('new@mail.example')), 1);
});

test('fifty wrong passwords at once are all counted, and nobody else is kept out by it', async () => {
  const { door, registered, pass } = givenDoor();
  await registered();
  const bob = await registered('bob@mail.example');
  const wrong = await Promise.all(
    Array.from({ length: 50 }, () => door.recognise({ email, password: OTHER }, visitor)),
  );
  const count = (code: string) => wrong.filter((each) => codeOf(each) === code).length;
  assert.deepEqual([count('invalid_credentials'), count('too_many_attempts')], [10, 40]);
  const right = () => door.recognise({ email, password: PASSWORD }, visitor);
  assert.equal(codeOf(await right()), 'too_many_attempts', 'the right one is not even looked at');
  const others = await door.recognise({ email: 'bob@mail.example', password: PASSWORD }, visitor);
  assert.equal(granted(others).person, bob);
  const elsewhere = { ...visitor, address: '198.51.100.4' };
  assert.equal(codeOf(await door.recognise({ email, password: PASSWORD }, elsewhere)), undefined);
  pass(15 * 60_000);
  assert.equal(codeOf(await right()), undefined);
});

test('an account whose day is used up from everywhere is recorded as locked out, once; another password by mail forgives', async () => {
  const { door, registered, stored, linkOf, lockOuts } = givenDoor();
  const person = await registered();
  const from = (at: number) => ({ ...visitor, address: `198.51.${Math.floor(at / 5)}.9` });
  for (let at = 0; at < 104; at++) await door.recognise({ email, password: OTHER }, from(at));
  await lockOuts();
  const outs = (await stored()).filter(({ type }) => type === 'LockedOut');
  assert.equal(outs.length, 1);
  assert.ok(granted(await door.standing(person)).lockedOutUntil);
  await door.askReset(email, visitor);
  const token = await linkOf('reset', 'PasswordResetAsked');
  assert.equal(await door.reset({ token, password: OTHER }, visitor), undefined);
  assert.equal(granted(await door.standing(person)).lockedOutUntil, undefined);
  assert.equal(codeOf(await door.recognise({ email, password: OTHER }, visitor)), undefined);
});

test('a link of a reset holds for half an hour and once, and not behind another password', async () => {
  const { door, registered, linkOf, clock, stored } = givenDoor();
  const person = await registered();
  const letters = async () => (await stored()).filter(({ type }) => type === 'PasswordResetAsked').length;
  assert.equal(await door.askReset('nobody@mail.example', visitor), undefined);
  assert.equal(await letters(), 0);
  for (let at = 0; at < 5; at++) assert.equal(await door.askReset(email, visitor), undefined);
  assert.equal(await letters(), 1, 'one a minute, and nobody is told');
  const token = await linkOf('reset', 'PasswordResetAsked');
  const reset = (password: string) => door.reset({ token, password }, visitor);
  assert.equal(codeOf(await reset('short')), 'password_refused');
  const told = await Promise.all([reset(OTHER), reset(`${OTHER} 2`), reset(`${OTHER} 3`)]);
  assert.deepEqual(told.map(codeOf).toSorted(), ['link_void', 'link_void', undefined]);
  assert.equal(codeOf(await reset(OTHER)), 'link_void');
  const change = { old: OTHER, password: PASSWORD };
  const [fresh] = [OTHER, `${OTHER} 2`, `${OTHER} 3`].filter((_, at) => told[at] === undefined);
  assert.equal(await door.changePassword(person, { ...change, old: fresh ?? '' }, visitor), undefined);
  clock.advanceTo('2026-03-03T12:00:00.000Z');
  await door.askReset(email, visitor);
  const late = await linkOf('reset', 'PasswordResetAsked');
  await door.changePassword(person, { old: PASSWORD, password: OTHER }, visitor);
  assert.equal(codeOf(await door.reset({ token: late, password: PASSWORD }, visitor)), 'link_void');
  await door.askReset(email, visitor);
  const later = await linkOf('reset', 'PasswordResetAsked');
  clock.advanceTo('2026-03-03T12:30:00.000Z');
  assert.equal(codeOf(await door.reset({ token: later, password: PASSWORD }, visitor)), 'link_void');
});

test('whoever asks for another password without end keeps nobody from theirs, and fills no box', async () => {
  const { door, registered, linkOf, clock, stored } = givenDoor();
  await registered();
  const minutes = (count: number) =>
    clock.advanceTo(new Date(Date.parse(clock.now()) + count * 60_000).toISOString());
  const sent = async () => (await stored()).filter(({ type }) => type === 'PasswordResetAsked').length;
  for (let at = 0; at < 100; at += 1) {
    assert.equal(await door.askReset(email, { ...visitor, address: `198.51.${at}.9` }), undefined);
    minutes(1);
  }
  assert.equal(await sent(), 6, 'at once, and 1, 6, 21, 51 and 81 minutes later');
  await door.askReset(email, visitor);
  const token = await linkOf('reset', 'PasswordResetAsked');
  assert.equal(await door.reset({ token, password: OTHER }, visitor), undefined, 'the last one holds');
  await door.askReset(email, visitor);
  assert.equal(await sent(), 7, 'those that another password has voided are not counted');
});

test('the old password is needed for another, and its attempts are counted', async () => {
  const { door, registered, last } = givenDoor();
  const person = await registered();
  const change = (old: string, password = OTHER) => door.changePassword(person, { old, password }, visitor);
  for (let at = 0; at < 3; at++) assert.equal(codeOf(await change('wrong')), 'invalid_credentials');
  assert.equal(codeOf(await change(PASSWORD, 'short')), 'password_refused');
  assert.equal(await change(PASSWORD), undefined);
  assert.equal((await last('VerifierChanged')).metadata.onBehalfOf, person);
  for (let at = 0; at < 10; at++) await change('wrong');
  assert.equal(codeOf(await change(OTHER)), 'too_many_attempts');
  assert.equal(codeOf(await door.recognise({ email, password: OTHER }, visitor)), 'too_many_attempts');
});

test('a verifier of another cost is made anew at the next sign-in, and ends no session', async () => {
  const first = givenDoor();
  const { store, personKeys, clock } = first;
  const person = await first.registered();
  const times = { provenAt: clock.now(), expiresAt: '2100-01-01T00:00:00.000Z' };
  const session = { person, session: 's1', client: 'web', ...times };
  await first.tell('OpenSession', session);
  const cost = { memoryKib: 128, passes: 1, lanes: 1 };
  const second = givenDoor({ store, personKeys, clock, seed: 2, cost });
  const before = await second.known.account(person);
  const { door, known } = second;
  assert.equal(codeOf(await door.recognise({ email, password: PASSWORD }, visitor)), undefined);
  const after = await known.account(person);
  assert.notEqual(after?.verifierSince, before?.verifierSince);
  assert.equal(after?.passwordSince, before?.passwordSince, 'it is the same password');
  assert.ok(after?.verifier?.includes('m=128'));
  assert.equal(codeOf(await door.recognise({ email, password: PASSWORD }, visitor)), undefined);
  assert.equal((await known.account(person))?.verifierSince, after?.verifierSince, 'once');
  assert.equal((await known.sessions(person)).length, 1);
});

test('another address: the password, a link to it, and the login; the old one is free', async () => {
  const { door, registered, linkOf, holderOf, known } = givenDoor();
  const person = await registered();
  const [next, bobs] = ['next@mail.example', 'bob@mail.example'];
  await registered(bobs);
  const ask = (to: string, password = PASSWORD) =>
    door.askEmailChange(person, { email: to, password }, visitor);
  assert.equal(codeOf(await ask(next, OTHER)), 'invalid_credentials');
  assert.equal(codeOf(await ask('next')), 'address_unusable');
  assert.equal(
    codeOf(await ask(email.toUpperCase())),
    'email_unchanged',
    'no mail goes, and they are told so',
  );
  assert.equal(await ask(bobs), undefined, 'nobody learns that somebody has it');
  const taken = await linkOf('email', 'EmailChangeAsked');
  const change = (link: string, password = PASSWORD) => door.changeEmail({ token: link, password }, visitor);
  assert.equal(codeOf(await change(taken)), 'login_in_use');
  assert.equal(await ask(next), undefined);
  assert.equal(codeOf(await change(taken)), 'link_void', 'another has taken its place');
  const token = await linkOf('email', 'EmailChangeAsked');
  assert.equal(codeOf(await change(token, OTHER)), 'invalid_credentials', 'the link alone is not enough');
  assert.equal(await change(token), undefined);
  assert.equal(codeOf(await change(token, OTHER)), 'invalid_credentials');
  assert.equal(await change(token), undefined, 'whoever follows it twice is told the same');
  assert.deepEqual([await holderOf(next), await holderOf(email)], [person, undefined]);
  assert.equal((await known.account(person))?.email, next);
  assert.equal(granted(await door.recognise({ email: next, password: PASSWORD }, visitor)).person, person);
  assert.equal(codeOf(await door.recognise({ email, password: PASSWORD }, visitor)), 'invalid_credentials');
});

test('no other address is asked for by a password that has become another meanwhile', async () => {
  const { door, registered, parts, known, stored } = givenDoor();
  const person = await registered();
  const racing = meanwhile(parts, 'AskEmailChange', async () => {
    assert.equal(await door.changePassword(person, { old: PASSWORD, password: OTHER }, visitor), undefined);
  });
  const asked = { email: 'next@mail.example', password: PASSWORD };
  assert.equal(codeOf(await racing.askEmailChange(person, asked, visitor)), 'invalid_credentials');
  assert.equal((await known.account(person))?.nextLogin, undefined);
  assert.ok(!(await stored()).some(({ type }) => type === 'EmailChangeAsked'));
});

test('mails to an address that is nobody’s yet are few, whoever asks, and no one person uses them up', async () => {
  const { door, registered, clock, pass } = givenDoor();
  const no = 'too_many_attempts';
  const asked = { email: 'victim@mail.example', password: PASSWORD };
  const ask = async (person: string) => {
    clock.advanceTo(new Date(Date.parse(clock.now()) + 15 * 60_000).toISOString());
    return codeOf(await door.askEmailChange(person, asked, visitor));
  };
  const people: string[] = [];
  for (const from of ['a', 'b', 'c', 'd', 'e']) people.push(await registered(`${from}@mail.example`));
  const [first = '', ...others] = people;
  for (const code of [undefined, undefined, undefined, no, no, no, no]) assert.equal(await ask(first), code);
  const told: unknown[] = [];
  for (const person of others) told.push(await ask(person));
  assert.deepEqual(told, [undefined, undefined, undefined, no]);
  pass(3 * 60 * 60_000);
  assert.equal(await ask(others[3] ?? ''), undefined, 'hours later, and not a day');
});

test('a link tells whose it is as long as it holds, for what it is for', async () => {
  const { door, registered, linkOf } = givenDoor();
  const person = await registered();
  await door.askReset(email, visitor);
  const reset = await linkOf('reset', 'PasswordResetAsked');
  const theirs = { person, email, withSecondFactor: false };
  assert.deepEqual(await door.linkedTo(reset, 'reset'), theirs);
  assert.equal(codeOf(await door.linkedTo(reset, 'verify')), 'link_void');
  assert.equal(codeOf(await door.linkedTo('anything', 'reset')), 'link_void');
  await door.askEmailChange(person, { email: 'new@mail.example', password: PASSWORD }, visitor);
  const change = await linkOf('email', 'EmailChangeAsked');
  assert.deepEqual(await door.linkedTo(change, 'email'), theirs);
  assert.equal(granted(await door.standing(person)).nextEmail, 'new@mail.example');
  await door.reset({ token: reset, password: OTHER }, visitor);
  assert.equal(codeOf(await door.linkedTo(reset, 'reset')), 'link_void', 'it is used');
  assert.equal(granted(await door.standing(person)).nextEmail, undefined, 'another password calls it off');
});
