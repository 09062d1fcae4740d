import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account } from '#domain/accounts/account/decider.ts';
import { MOST_PASSKEYS } from '#domain/accounts/account/factors.ts';
import * as a from '#domain/accounts/account/messages.ts';
import { registrationOf, sealedText } from '#test/support/accounts.ts';
import { deciding } from '#test/support/given.ts';

const p = { person: 'p-1' };
const text = sealedText('p-1', 'x');
const registration = registrationOf('p-1');
const { email } = registration;
const registered = a.AccountRegistered(registration);
const given = deciding(account);
const after = (...events: Parameters<typeof given>[0]) => given([registered, a.EmailVerified(p), ...events]);

test('an app counts when its first code has come, and no code counts twice', () => {
  const enrolled = a.TotpEnrolled({ ...p, secret: text });
  const confirmed = a.TotpConfirmed({ ...p, step: 7, email });
  assert.deepEqual(after().when('EnrolTotp', { ...p, secret: text }), [enrolled]);
  assert.deepEqual(after().when('ConfirmTotp', { ...p, step: 7 }), a.FactorUnknown({}));
  assert.deepEqual(after(enrolled).when('UseTotp', { ...p, step: 8 }), a.FactorUnknown({}));
  assert.deepEqual(after(enrolled).when('ConfirmTotp', { ...p, step: 7 }), [confirmed]);
  assert.deepEqual(after(enrolled, confirmed).when('ConfirmTotp', { ...p, step: 7 }), []);
  assert.deepEqual(after(enrolled, confirmed).when('ConfirmTotp', { ...p, step: 8 }), a.FactorUnknown({}));
  assert.deepEqual(after(enrolled, confirmed).when('UseTotp', { ...p, step: 7 }), a.FactorUsed({}));
  const used = a.TotpUsed({ ...p, step: 9 });
  assert.deepEqual(after(enrolled, confirmed).when('UseTotp', { ...p, step: 9 }), [used]);
  assert.deepEqual(after(enrolled, confirmed, used).when('UseTotp', { ...p, step: 8 }), a.FactorUsed({}));
  const removed = a.TotpRemoved({ ...p, email });
  assert.deepEqual(after(enrolled, confirmed).when('RemoveTotp', p), [removed]);
  assert.deepEqual(after(enrolled, removed).when('RemoveTotp', p), []);
  // Another app counts when its own first code has come; until then the one of before does.
  const begun = after(enrolled, confirmed, enrolled);
  assert.deepEqual(begun.when('UseTotp', { ...p, step: 7 }), a.FactorUsed({}));
  assert.deepEqual(begun.when('UseTotp', { ...p, step: 8 }), [a.TotpUsed({ ...p, step: 8 })]);
  assert.deepEqual(begun.when('ConfirmTotp', { ...p, step: 8 }), [a.TotpConfirmed({ ...p, step: 8, email })]);
});

test('what was looked at is taken, and nothing that has come into its place', () => {
  const since = (eventId: string) => ({ ...JSON.parse(JSON.stringify(text)), eventId }) as typeof text;
  const enrolled = (eventId: string) => a.TotpEnrolled({ ...p, secret: since(eventId) });
  const confirmed = a.TotpConfirmed({ ...p, step: 7, email });
  const confirm = (eventId: string) => ['ConfirmTotp', { ...p, step: 7, since: eventId }] as const;
  assert.deepEqual(after(enrolled('a')).when(...confirm('a')), [confirmed]);
  assert.deepEqual(after(enrolled('a'), enrolled('b')).when(...confirm('a')), a.FactorUnknown({}));
  assert.deepEqual(after(enrolled('a'), confirmed).when(...confirm('a')), []);
  assert.deepEqual(after(enrolled('b'), confirmed).when(...confirm('a')), a.FactorUnknown({}));
  const use = (eventId: string) => ['UseTotp', { ...p, step: 8, since: eventId }] as const;
  const replaced = after(enrolled('a'), confirmed, enrolled('b'), confirmed);
  assert.deepEqual(replaced.when(...use('a')), a.FactorUnknown({}));
  assert.deepEqual(replaced.when(...use('b')), [a.TotpUsed({ ...p, step: 8 })]);
  const made = (eventId: string) => a.RecoveryCodesMade({ ...p, codes: since(eventId), count: 2 });
  const strike = (eventId: string) => ['UseRecoveryCode', { ...p, nth: 0, since: eventId }] as const;
  assert.deepEqual(after(made('a'), made('b')).when(...strike('a')), a.FactorUnknown({}));
  assert.deepEqual(after(made('a'), made('b')).when(...strike('b')), [a.RecoveryCodeUsed({ ...p, nth: 0 })]);
});

test('a passkey whose counter does not rise is a copy; one that does not count may say zero', () => {
  const passkey = (name: string, counter: number) =>
    a.PasskeyAdded({ ...p, passkey: name, credential: text, counter, email });
  const k = { ...p, passkey: 'k1' };
  assert.deepEqual(after().when('AddPasskey', { ...k, credential: text, counter: 3 }), [passkey('k1', 3)]);
  const has = after(passkey('k1', 3));
  assert.deepEqual(has.when('AddPasskey', { ...k, credential: text, counter: 3 }), []);
  assert.deepEqual(has.when('UsePasskey', { ...k, counter: 4 }), [a.PasskeyUsed({ ...k, counter: 4 })]);
  for (const counter of [3, 0]) assert.deepEqual(has.when('UsePasskey', { ...k, counter }), a.FactorUsed({}));
  assert.deepEqual(has.when('UsePasskey', { ...k, passkey: 'k2', counter: 4 }), a.FactorUnknown({}));
  assert.equal((after(passkey('k1', 0)).when('UsePasskey', { ...k, counter: 0 }) as []).length, 1);
  const raised = after(passkey('k1', 3), a.PasskeyUsed({ ...k, counter: 9 }));
  assert.deepEqual(raised.when('UsePasskey', { ...k, counter: 9 }), a.FactorUsed({}));
  assert.deepEqual(has.when('RemovePasskey', k), [a.PasskeyRemoved({ ...k, email })]);
  assert.deepEqual(after(passkey('k1', 3), a.PasskeyRemoved(k)).when('RemovePasskey', k), []);
  const full = after(...Array.from({ length: MOST_PASSKEYS }, (_, at) => passkey(`k${at}`, 0)));
  const more = full.when('AddPasskey', { ...k, passkey: 'more', credential: text, counter: 0 });
  assert.deepEqual(more, a.TooManyPasskeys({ limit: MOST_PASSKEYS }));
});

test('each recovery code is struck out once, and fresh ones void those of before', () => {
  const made = a.RecoveryCodesMade({ ...p, codes: text, count: 2, email });
  const used = a.RecoveryCodeUsed({ ...p, nth: 1 });
  const use = (nth: number) => ['UseRecoveryCode', { ...p, nth }] as const;
  const make = { ...p, codes: text, count: 2 };
  const first = a.RecoveryCodesMade({ ...made.data, first: true });
  assert.deepEqual(after().when('MakeRecoveryCodes', make), [first], 'nothing is void by them');
  assert.deepEqual(after(first).when('MakeRecoveryCodes', make), [made]);
  const beside = { ...make, first: true as const };
  assert.deepEqual(after().when('MakeRecoveryCodes', beside), [first]);
  assert.deepEqual(after(made).when('MakeRecoveryCodes', beside), [], 'nobody’s are void by it');
  assert.deepEqual(after().when(...use(0)), a.FactorUnknown({}));
  assert.deepEqual(after(made).when(...use(1)), [used]);
  assert.deepEqual(after(made).when(...use(2)), a.FactorUnknown({}));
  assert.deepEqual(after(made, used).when(...use(1)), a.FactorUsed({}));
  assert.deepEqual(after(made, used, made).when(...use(1)), [used]);
});

test('recovery codes stand for a factor: with the last of them they go, and no other brings them back', () => {
  const enrolled = [a.TotpEnrolled({ ...p, secret: text }), a.TotpConfirmed({ ...p, step: 7 })];
  const made = a.RecoveryCodesMade({ ...p, codes: text, count: 2 });
  const use = ['UseRecoveryCode', { ...p, nth: 1 }] as const;
  const removed = a.TotpRemoved(p);
  assert.deepEqual(after(...enrolled, made).when(...use), [a.RecoveryCodeUsed({ ...p, nth: 1 })]);
  assert.deepEqual(after(...enrolled, made, removed, ...enrolled).when(...use), a.FactorUnknown({}));
  const passkey = a.PasskeyAdded({ ...p, passkey: 'k1', credential: text, counter: 0 });
  assert.deepEqual(after(...enrolled, passkey, made, removed).when(...use), [
    a.RecoveryCodeUsed({ ...p, nth: 1 }),
  ]);
});
