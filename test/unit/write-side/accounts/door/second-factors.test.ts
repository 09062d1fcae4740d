import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSync } from 'otplib';
import { authenticator } from '#test/support/authenticator.ts';
import {
  codeOf,
  givenDoor,
  granted,
  meanwhile,
  ORIGIN,
  PASSWORD,
  RP_ID,
  visitor,
} from '#test/support/door.ts';

const STEP_MS = 30_000;
const email = 'ann@mail.example';
const SHORT = 'heron lamp';

/** Somebody with an app, of which a code has come. */
async function givenApp() {
  const given = givenDoor();
  const { door, registered, machineNowMs } = given;
  const person = await registered();
  const { secret, uri } = granted(await door.enrolTotp(person));
  assert.ok(uri.startsWith('otpauth://totp/Annals:'));
  const codeAt = (steps: number, of = secret) =>
    generateSync({ secret: of, epoch: Math.floor((machineNowMs() + steps * STEP_MS) / 1_000) });
  const { codes } = granted(await door.confirmTotp(person, codeAt(-1), visitor));
  const confirm = (code: string) => door.confirmSecondFactor(person, { by: 'totp', code }, 'signIn', visitor);
  return { ...given, person, secret, codes, codeAt, confirm };
}

test('a code of an app is asked for once one has come, and taken once, also of two at once', async () => {
  const { door, person, codeAt, confirm, last, stored } = await givenApp();
  const { secondFactors } = granted(await door.recognise({ email, password: PASSWORD }, visitor));
  assert.deepEqual(secondFactors, ['totp', 'recoveryCode']);
  const code = codeAt(0);
  const told = await Promise.all([confirm(code), confirm(code), confirm(code)]);
  assert.equal(told.filter((each) => codeOf(each) === undefined).length, 1);
  assert.deepEqual(granted(told.find((each) => codeOf(each) === undefined)), { method: 'otp' });
  assert.equal(codeOf(await confirm(code)), 'invalid_code');
  assert.equal((await stored()).filter(({ type }) => type === 'TotpUsed').length, 1);
  assert.equal((await last('TotpUsed')).metadata.onBehalfOf, person);
});

test('recovery codes come with the first factor once, also where it is confirmed twice at once', async () => {
  const { door, registered, machineNowMs, stored } = givenDoor();
  const person = await registered();
  const { secret } = granted(await door.enrolTotp(person));
  const code = generateSync({ secret, epoch: Math.floor(machineNowMs() / 1_000) });
  const told = await Promise.all([1, 2, 3].map(() => door.confirmTotp(person, code, visitor)));
  const [made, ...others] = told.map(granted).toSorted((one, other) => other.codes.length - one.codes.length);
  assert.deepEqual(others, [
    { codes: [], toldElsewhere: true },
    { codes: [], toldElsewhere: true },
  ]);
  assert.equal((await stored()).filter(({ type }) => type === 'RecoveryCodesMade').length, 1);
  const answer = { by: 'recoveryCode', code: made?.codes[0] ?? '' } as const;
  const taken = await door.confirmSecondFactor(person, answer, 'signIn', visitor);
  assert.deepEqual(taken, { method: 'recovery' });
});

test('codes are counted before they are looked at, and apart from passwords', async () => {
  const { door, codeAt, confirm } = await givenApp();
  const wrong = await Promise.all(Array.from({ length: 12 }, () => confirm('000000')));
  assert.equal(wrong.filter((each) => codeOf(each) === 'too_many_attempts').length, 2);
  assert.equal(codeOf(await confirm(codeAt(0))), 'too_many_attempts');
  assert.equal(codeOf(await door.recognise({ email, password: PASSWORD }, visitor)), undefined);
  assert.equal(codeOf(await confirm(codeAt(0))), 'too_many_attempts', 'a right password forgives no codes');
});

test('an app that is enrolled anew takes no place before its first code', async () => {
  const { door, person, codeAt, confirm, pass } = await givenApp();
  const again = granted(await door.enrolTotp(person));
  assert.deepEqual(await confirm(codeAt(0)), { method: 'otp' }, 'the one of before');
  assert.equal(codeOf(await door.confirmTotp(person, '000000', visitor)), 'invalid_code');
  assert.deepEqual(await door.enrolledTotp(person), again, 'it may not be in the app yet');
  const { codes } = granted(await door.confirmTotp(person, codeAt(0, again.secret), visitor));
  assert.deepEqual(codes, [], 'those that came with the first one are there');
  pass(2 * STEP_MS);
  assert.equal(codeOf(await confirm(codeAt(0))), 'invalid_code');
  assert.deepEqual(await confirm(codeAt(0, again.secret)), { method: 'otp' });
  assert.equal(codeOf(await door.confirmTotp(person, '000000', visitor)), 'factor_unknown');
  assert.equal(await door.enrolledTotp(person), undefined, 'it is shown no more');
});

test('an app or codes that come into the place of what was looked at are not proven by it', async () => {
  const given = await givenApp();
  const { door, person, parts, codes, codeAt, stored } = given;
  const enrol = async () => granted(await door.enrolTotp(person)).secret;
  const first = await enrol();
  let second = '';
  const racing = meanwhile(parts, 'ConfirmTotp', async () => {
    second = await enrol();
  });
  assert.equal(codeOf(await racing.confirmTotp(person, codeAt(0, first), visitor)), 'invalid_code');
  assert.equal((await stored()).filter(({ type }) => type === 'TotpConfirmed').length, 1);
  const replacing = meanwhile(parts, 'UseTotp', async () => {
    granted(await door.confirmTotp(person, codeAt(-1, second), visitor));
  });
  const app = { by: 'totp', code: codeAt(0) } as const;
  assert.equal(codeOf(await replacing.confirmSecondFactor(person, app, 'signIn', visitor)), 'invalid_code');
  const making = meanwhile(parts, 'UseRecoveryCode', async () => {
    granted(await door.makeRecoveryCodes(person));
  });
  const code = { by: 'recoveryCode', code: codes[0] ?? '' } as const;
  assert.equal(codeOf(await making.confirmSecondFactor(person, code, 'signIn', visitor)), 'invalid_code');
  assert.equal(granted(await door.standing(person)).recoveryCodesLeft, 10);
});

test('a short password stands beside a second factor alone', async () => {
  const { door, person } = await givenApp();
  const change = (old: string, password: string) => door.changePassword(person, { old, password }, visitor);
  assert.equal(await change(PASSWORD, SHORT), undefined);
  assert.equal(codeOf(await door.removeTotp(person)), 'second_factor_needed');
  assert.equal(await change(SHORT, PASSWORD), undefined);
  assert.equal(await door.removeTotp(person), undefined);
  assert.equal(codeOf(await change(PASSWORD, SHORT)), 'password_refused');
});

test('each recovery code is taken once, and stands for another factor', async () => {
  const { door, person, registered, stored, codes } = await givenApp();
  assert.equal(codes.length, 10, 'they come with the first factor');
  const take = (code: string) =>
    door.confirmSecondFactor(person, { by: 'recoveryCode', code }, 'signIn', visitor);
  const [first = '', second = ''] = codes;
  const told = await Promise.all([take(first), take(first.toLowerCase())]);
  assert.deepEqual(told.map(codeOf).toSorted(), ['invalid_code', undefined]);
  assert.deepEqual(await take(second), { method: 'recovery' });
  assert.equal(granted(await door.standing(person)).recoveryCodesLeft, 8);
  granted(await door.makeRecoveryCodes(person));
  assert.equal(codeOf(await take(codes[2] ?? '')), 'invalid_code', 'those of before are void');
  const bob = await registered('bob@mail.example');
  assert.equal(codeOf(await door.makeRecoveryCodes(bob)), 'factor_unknown');
  const text = JSON.stringify(await stored(), (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  for (const code of codes) assert.ok(!text.includes(code) && !text.includes(code.replaceAll('-', '')));
});

test('the form that recovery codes were asked for by makes them once, and is nobody else’s', async () => {
  const { door, person, registered, stored } = await givenApp();
  const made = () => stored().then((all) => all.filter(({ type }) => type === 'RecoveryCodesMade').length);
  const told = await Promise.all([
    door.makeRecoveryCodes(person, 'form-1'),
    door.makeRecoveryCodes(person, 'form-1'),
  ]);
  assert.deepEqual(told.map(codeOf).toSorted(), ['idempotency_mismatch', undefined]);
  assert.equal(await made(), 2, 'with the first factor, and now');
  const [code = ''] = granted(told.find((each) => codeOf(each) === undefined)).codes;
  assert.equal(codeOf(await door.makeRecoveryCodes(person, 'form-1')), 'idempotency_mismatch');
  const taken = await door.confirmSecondFactor(person, { by: 'recoveryCode', code }, 'signIn', visitor);
  assert.deepEqual(taken, { method: 'recovery' }, 'those that were shown still count');
  const bob = await registered('bob@mail.example');
  assert.equal(codeOf(await door.makeRecoveryCodes(bob, 'form-1')), 'factor_unknown');
  granted(await door.makeRecoveryCodes(person, 'form-2'));
  assert.equal(await made(), 3);
});

test('who has lost what was asked for beside the password is let in by it alone once the house has taken that away', async () => {
  const { door, person, tell, known, clock, confirm, codeAt } = await givenApp();
  const times = { provenAt: clock.now(), expiresAt: '2100-01-01T00:00:00.000Z' };
  assert.equal(await tell('OpenSession', { person, session: 's1', client: 'web', ...times }), 'accepted');
  const ada = { id: 'ada', roles: ['admin' as const], reputation: 0 };
  assert.equal(await tell('ResetFactors', { person, cause: 'Came with a passport.' }, ada), 'accepted');
  const none: readonly string[] = [];
  const recognised = await door.recognise({ email, password: PASSWORD }, visitor);
  assert.deepEqual(granted(recognised).secondFactors, none);
  const stepUp = await door.confirmPassword(person, PASSWORD, visitor);
  assert.deepEqual(granted(stepUp).secondFactors, none, 'and is stepped up');
  assert.deepEqual(await known.sessions(person), none);
  assert.equal(codeOf(await confirm(codeAt(0))), 'invalid_code');
  const { totp, recoveryCodesLeft } = granted(await door.standing(person));
  assert.deepEqual([totp, recoveryCodesLeft], [false, 0]);
});

/** Somebody with a passkey. */
async function givenPasskey(synced = false) {
  const given = givenDoor();
  const { door, registered } = given;
  const person = await registered();
  const device = authenticator({ synced });
  const offer = granted(await door.passkeyOffer(person)) as { readonly challenge: string };
  const made = device.create({ challenge: offer.challenge, origin: ORIGIN, rpId: RP_ID });
  const addedAt = given.clock.now();
  const { codes, method } = granted(await door.addPasskey(person, made));
  assert.deepEqual(
    granted(await door.standing(person)).passkeys.map((each) => each.addedAt),
    [addedAt],
  );
  const question = async (purpose: 'signIn' | 'stepUp' = 'signIn') =>
    granted(await door.passkeyQuestion(person, purpose)) as { readonly challenge: string };
  const confirm = (answer: unknown, purpose: 'signIn' | 'stepUp' = 'signIn') =>
    door.confirmSecondFactor(person, { by: 'passkey', answer }, purpose, visitor);
  return { ...given, person, device, made, codes, method, question, confirm };
}

test('a passkey that is copied to other devices is told of as no key of hardware', async () => {
  for (const [synced, told] of [
    [false, 'hwk'],
    [true, 'pop'],
  ] as const) {
    const { device, question, confirm, method } = await givenPasskey(synced);
    assert.equal(method, told);
    const answer = device.get({ origin: ORIGIN, rpId: RP_ID, ...(await question()) });
    assert.deepEqual(await confirm(answer), { method: told });
  }
});

test('a passkey opens the account from our pages alone, and no answer does twice', async () => {
  const { door, device, question, confirm, last } = await givenPasskey();
  const { secondFactors } = granted(await door.recognise({ email, password: PASSWORD }, visitor));
  assert.deepEqual(secondFactors, ['passkey', 'recoveryCode']);
  const here = { origin: ORIGIN, rpId: RP_ID };
  const answer = device.get({ ...here, ...(await question()) });
  assert.deepEqual(await confirm(answer), { method: 'hwk' });
  assert.equal((await last('PasskeyUsed')).data.counter, 2);
  assert.equal(codeOf(await confirm(answer)), 'invalid_code', 'a replayed challenge');
  const elsewhere = { origin: 'https://annals.example.evil.example', rpId: RP_ID };
  assert.equal(codeOf(await confirm(device.get({ ...elsewhere, ...(await question()) }))), 'invalid_code');
  const other = await question('stepUp');
  assert.equal(
    codeOf(await confirm(device.get({ ...here, ...other }))),
    'invalid_code',
    'of another purpose',
  );
  const copy = device.get({ ...here, ...(await question()), signCount: 1 });
  assert.equal(codeOf(await confirm(copy)), 'invalid_code', 'a copy counts behind');
  for (const nothing of [undefined, null, 'x', {}, { id: 'x' }])
    assert.equal(codeOf(await confirm(nothing)), 'invalid_code');
});

test('a passkey is added once, by its challenge, and removed', async () => {
  const { door, person, made, device, codes } = await givenPasskey();
  assert.equal(codes.length, 10, 'they come with the first factor');
  assert.equal(granted(await door.standing(person)).recoveryCodesLeft, 10);
  assert.equal(codeOf(await door.addPasskey(person, made)), 'invalid_code', 'a replayed challenge');
  const offer = granted(await door.passkeyOffer(person)) as { readonly challenge: string };
  const again = device.create({ challenge: offer.challenge, origin: ORIGIN, rpId: RP_ID });
  assert.equal(codeOf(await door.addPasskey(person, again)), 'invalid_code', 'it is there already');
  const { passkeys } = granted(await door.standing(person));
  assert.equal(passkeys.length, 1);
  assert.equal(await door.removePasskey(person, passkeys[0]?.passkey ?? ''), undefined);
  assert.equal(codeOf(await door.passkeyQuestion(person, 'signIn')), 'factor_unknown');
});

test('nobody adds a factor to an address that is not shown to be theirs', async () => {
  const { door, holderOf, linkOf } = givenDoor();
  await door.register({ email, password: PASSWORD }, visitor);
  const person = (await holderOf(email)) ?? '';
  assert.equal(codeOf(await door.enrolTotp(person)), 'email_not_verified');
  assert.equal(codeOf(await door.passkeyOffer(person)), 'email_not_verified');
  assert.equal(codeOf(await door.addPasskey(person, {})), 'email_not_verified');
  await door.askReset(email, visitor);
  const token = await linkOf('reset', 'PasswordResetAsked');
  assert.equal(await door.reset({ token, password: `${PASSWORD} 2` }, visitor), undefined);
  granted(await door.enrolTotp(person));
  assert.ok(granted(await door.standing(person)).emailVerified);
});
