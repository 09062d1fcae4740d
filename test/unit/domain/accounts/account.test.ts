import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account } from '#domain/accounts/account/decider.ts';
import { noFactors } from '#domain/accounts/account/factors.ts';
import * as a from '#domain/accounts/account/messages.ts';
import { resetBound, rolesAt } from '#domain/accounts/account/state.ts';
import { UNPROVEN_MS } from '#domain/accounts/account/unproven.ts';
import { links } from '#domain/accounts/links.ts';
import { LoginInUse } from '#domain/accounts/login/messages.ts';
import { NotYet } from '#domain/kernel/deadline.ts';
import { later } from '#domain/kernel/instant.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { loginNamed, registrationOf, sealedText } from '#test/support/accounts.ts';
import { deciding, lineOf, NOW, person, stateOf } from '#test/support/given.ts';

const given = deciding(account);
const p = { person: 'p-1' };
const data = registrationOf('p-1');
const registered = a.AccountRegistered(data);
const verified = a.EmailVerified(p);
const ada = person('ada', ['admin']);
const cause = sealedText('p-1', 'cause');
const { email: _, verifier: __, ...named } = data;

test('an account is registered once; for another login the person is refused', () => {
  assert.deepEqual(given([]).when('RegisterAccount', data), [registered]);
  assert.deepEqual(given([registered]).when('RegisterAccount', data), []);
  const other = registrationOf('p-1', 'x'.repeat(43));
  assert.equal(lineOf(given([registered]).when('RegisterAccount', other)), 'AccountRefused');
});

test('whoever has shown that they can be reached may bid and sell', () => {
  const decided = given([registered]).when('VerifyEmail', p);
  assert.equal(lineOf(decided), 'EmailVerified, RoleGranted, RoleGranted');
  const state = stateOf(account, [registered, ...(decided as [])]);
  assert.deepEqual(state.phase === 'active' && rolesAt(state, NOW), ['bidder', 'seller']);
  assert.deepEqual(given([registered, verified]).when('VerifyEmail', p), []);
});

test('an address is proven for the password that was checked, and for no later one', () => {
  const verifier = { ...sealedText('p-1', 'new'), eventId: 'e2' } as unknown as typeof data.verifier;
  const chosen = { ...p, verifier, language: 'ru' as const };
  const replaced = a.RegistrationReplaced({ ...chosen, login: data.login, email: data.email });
  assert.deepEqual(given([registered]).when('ReplaceRegistration', chosen), [replaced]);
  const history = [registered, replaced];
  assert.deepEqual(given(history).when('VerifyEmail', { ...p, since: 'e1' }), a.PasswordReplaced({}));
  assert.match(lineOf(given(history).when('VerifyEmail', { ...p, since: 'e2' })), /^EmailVerified/);
  const rehashed = a.VerifierChanged({ ...p, verifier: data.verifier, by: 'rehash' });
  assert.match(
    lineOf(given([...history, rehashed]).when('VerifyEmail', { ...p, since: 'e2' })),
    /^EmailVerified/,
  );
  const asked = { ...p, login: data.login, email: data.email, language: 'ru' as const };
  const now = later(NOW, 60_000);
  assert.deepEqual(given(history).when('AskVerification', p, { now }), [a.VerificationAsked(asked)]);
});

test('another address is asked for by the password of now; of commands from before nobody knows', () => {
  const next = { ...p, login: 'x'.repeat(43), email: data.email };
  const ask = (more: object) =>
    lineOf(given([registered, verified]).when('AskEmailChange', { ...next, ...more }));
  assert.deepEqual(
    [ask({ since: 'e9' }), ask({ since: 'e1' }), ask({})],
    ['password_replaced', 'EmailChangeAsked', 'EmailChangeAsked'],
  );
});

test('what was registered is replaced as often as one wants, with few mails, and by nobody once the address is proven', () => {
  const chosen = { ...p, verifier: sealedText('p-1', 'new') };
  const replaced = a.RegistrationReplaced({ ...chosen, login: data.login, email: data.email });
  const quiet = a.RegistrationReplaced({ ...chosen, login: data.login, email: data.email, quiet: true });
  const again = given([registered, replaced, ...Array(5).fill(quiet)]).when;
  assert.deepEqual(again('ReplaceRegistration', chosen), [quiet]);
  assert.deepEqual(again('ReplaceRegistration', chosen, { now: later(NOW, 60_000) }), [replaced]);
  const attempt = a.RegistrationAttempted({ ...p, email: data.email });
  assert.deepEqual(given([registered, verified]).when('ReplaceRegistration', chosen), [attempt]);
  const pays = a.AccountRegistered({ ...data, paymentMeans: sealedText('p-1', 'a stranger’s') });
  for (const behind of [replaced, a.VerifierChanged({ ...chosen, by: 'reset' })]) {
    const state = stateOf(account, [pays, behind]);
    assert.ok(state.phase === 'active');
    assert.equal(state.paymentMeans, undefined, behind.type);
  }
  const own = stateOf(account, [pays, verified, a.VerifierChanged({ ...chosen, by: 'reset' })]);
  assert.ok(own.phase === 'active' && own.paymentMeans !== undefined);
});

test('a reset proves the address in one step with the password', () => {
  const reset = { ...p, verifier: sealedText('p-1', 'new'), by: 'reset' as const };
  const line = 'VerifierChanged, EmailVerified, RoleGranted, RoleGranted';
  assert.equal(lineOf(given([registered]).when('ChangeVerifier', reset)), line);
  assert.equal(lineOf(given([registered, verified]).when('ChangeVerifier', reset)), 'VerifierChanged');
});

test('what nobody has proven gives way to whoever has, once, and nothing else does', () => {
  const { login } = data;
  const ask = { ...p, login, to: 'p-2' };
  const may = { precondition: {} };
  const gone = a.PersonErased({ ...p, login, cause: 'unproven', passedTo: 'p-2' });
  const when = (history: Parameters<typeof given>[0], of: object = {}, facts: object = may) =>
    given(history).when('YieldRegistration', { ...ask, ...of }, facts);
  assert.deepEqual(when([registered]), [gone]);
  assert.deepEqual(when([registered, gone]), []);
  assert.deepEqual(when([registered, gone], { to: 'p-3' }), LoginInUse({}), 'of two one has it');
  assert.deepEqual(when([registered, verified]), LoginInUse({}));
  assert.deepEqual(when([registered, a.AccountLocked({ ...p, by: 'ada', cause })]), LoginInUse({}));
  assert.deepEqual(when([registered, a.PersonErased({ ...p, login })]), LoginInUse({}));
  assert.deepEqual(when([registered], { login: 'x'.repeat(43) }), LoginInUse({}), 'one that it has claimed');
  assert.deepEqual(when([]), a.AccountUnknown({}));
  const refusal = a.MoneyLeft({ currencies: ['EUR'] });
  assert.deepEqual(when([registered], {}, { precondition: { refusal } }), refusal);
});

test('what nobody has proven in time ends, once, and by no clock before it; a proof that came first keeps it', () => {
  const { login } = data;
  const until = later(NOW, UNPROVEN_MS);
  const may = { precondition: {}, now: until };
  const gone = a.PersonErased({ ...p, login, cause: 'unproven' });
  const when = (history: Parameters<typeof given>[0], facts: object = {}, of: object = {}) =>
    given(history).when('ExpireRegistration', { ...p, until, ...of }, { ...may, ...facts });
  assert.deepEqual(when([registered]), [gone]);
  assert.deepEqual(when([registered, gone]), []);
  const early = later(until, -1);
  assert.deepEqual(when([registered], { now: early }), NotYet({ due: until, now: early }));
  const kept = [
    [verified],
    [a.AccountLocked({ ...p, by: 'ada', cause })],
    [verified, a.AccountClosed(p)],
    [a.PersonErased({ ...p, login })],
  ];
  for (const behind of kept) assert.deepEqual(when([registered, ...behind]), []);
  const another = { until: later(until, -1) };
  assert.deepEqual(when([registered], {}, another), [], 'time was given since');
  assert.deepEqual(when([]), a.AccountUnknown({}));
  const refusal = a.MoneyLeft({ currencies: ['EUR'] });
  assert.deepEqual(when([registered], { precondition: { refusal } }), refusal);
});

test('an administrator locks and unlocks others, with the reason, and never themselves', () => {
  const locked = a.AccountLocked({ ...p, by: 'ada', cause });
  const unlocked = a.AccountUnlocked({ ...p, by: 'ada', cause });
  const by = { actor: ada };
  assert.deepEqual(given([registered]).when('LockAccount', { ...p, cause }, by), [locked]);
  assert.deepEqual(given([registered, locked]).when('LockAccount', { ...p, cause }, by), []);
  assert.deepEqual(given([registered, locked]).when('UnlockAccount', { ...p, cause }, by), [unlocked]);
  assert.deepEqual(given([registered]).when('UnlockAccount', { ...p, cause }, by), []);
  const out = a.LockedOut({ ...p, until: '2026-03-01T12:15:00.000Z' });
  assert.deepEqual(given([registered, out]).when('UnlockAccount', { ...p, cause }, by), [unlocked]);
  assert.deepEqual(given([]).when('LockAccount', { ...p, cause }, by), a.AccountUnknown({}));
  for (const type of ['LockAccount', 'UnlockAccount'] as const)
    assert.deepEqual(given([registered]).when(type, { person: 'ada', cause }, by), OwnAffair({}));
});

test('an administrator takes away what somebody has lost, with the reason, unless the password cannot stand alone', () => {
  const by = { actor: ada };
  const ask = { ...p, cause };
  const has = [
    ...[
      registered,
      verified,
      a.TotpEnrolled({ ...p, secret: data.verifier }),
      a.TotpConfirmed({ ...p, step: 7 }),
    ],
    a.PasskeyAdded({ ...p, passkey: 'k1', credential: data.verifier, counter: 0 }),
    a.RecoveryCodesMade({ ...p, codes: data.verifier, count: 10 }),
  ];
  const reset = a.FactorsReset({ ...ask, by: 'ada', email: data.email });
  assert.deepEqual(given(has).when('ResetFactors', ask, by), [reset]);
  const state = stateOf(account, [...has, reset]);
  assert.ok(state.phase === 'active');
  assert.deepEqual(state.factors, noFactors);
  assert.deepEqual(given([...has, reset]).when('ResetFactors', ask, by), []);
  assert.deepEqual(given([registered, verified]).when('ResetFactors', ask, by), []);
  const short = a.VerifierChanged({ ...p, verifier: data.verifier, by: 'change', short: true });
  assert.deepEqual(given([...has, short]).when('ResetFactors', ask, by), a.SecondFactorNeeded({}));
  assert.deepEqual(given(has).when('ResetFactors', { ...ask, person: 'ada' }, by), OwnAffair({}));
  assert.deepEqual(given([]).when('ResetFactors', ask, by), a.AccountUnknown({}));
});

test('nothing of what proves a person is taken while the account is not active', () => {
  const locked = a.AccountLocked({ ...p, by: 'ada', cause });
  const no = a.AccountNotActive({ state: 'locked' });
  const verifier = sealedText('p-1', 'new');
  const changed = given([registered]).when('ChangeVerifier', { ...p, verifier, by: 'change' });
  assert.deepEqual(changed, [a.VerifierChanged({ ...p, verifier, by: 'change', email: data.email })]);
  const when = given([registered, locked]).when;
  assert.deepEqual(when('ChangeVerifier', { ...p, verifier, by: 'reset' }), no);
  assert.deepEqual(when('LockOut', { ...p, until: NOW }), no);
  assert.deepEqual(when('EnrolTotp', { ...p, secret: verifier }), no);
  assert.deepEqual(when('GrantRole', { ...p, role: 'clerk' }, { actor: ada }), no);
});

test('roles are granted by others, until a time, and withdrawn', () => {
  const by = { actor: ada };
  const until = '2026-04-01T00:00:00.000Z';
  const grant = { ...p, role: 'clerk' as const };
  const granted = a.RoleGranted({ ...grant, by: 'ada', until });
  assert.deepEqual(given([registered]).when('GrantRole', grant, by), a.EmailNotVerified({}));
  assert.deepEqual(given([registered, verified]).when('GrantRole', { ...grant, until }, by), [granted]);
  const history = [registered, verified, granted];
  assert.deepEqual(given(history).when('GrantRole', { ...grant, until }, by), []);
  for (const over of [NOW, '2001-01-01T00:00:00.000Z'])
    assert.deepEqual(given(history).when('GrantRole', { ...grant, until: over }, by), a.GrantOver({}));
  assert.deepEqual(
    given(history).when('GrantRole', { ...grant, until }, { ...by, now: until }),
    a.GrantOver({}),
  );
  assert.equal(lineOf(given(history).when('GrantRole', grant, by)), 'RoleGranted');
  assert.deepEqual(given(history).when('GrantRole', { ...grant, person: 'ada' }, by), OwnAffair({}));
  const withdrawn = a.RoleWithdrawn({ ...grant, by: 'ada' });
  assert.deepEqual(given(history).when('WithdrawRole', grant, by), [withdrawn]);
  assert.deepEqual(given([...history, withdrawn]).when('WithdrawRole', grant, by), []);
  const state = stateOf(account, history);
  assert.ok(state.phase === 'active');
  assert.deepEqual([rolesAt(state, NOW), rolesAt(state, until)], [['clerk'], []]);
});

test('a role that is to end earlier than was told is taken back and given anew; one that ends later is given', () => {
  const [sooner, then, later] = ['2026-03-08', '2026-04-01', '2026-05-01'].map(
    (day) => `${day}T00:00:00.000Z`,
  );
  const grant = { ...p, role: 'clerk' as const };
  const told = (known: string | undefined, until: string | undefined) => {
    const given_ = a.RoleGranted({ ...grant, by: 'ada', ...(known !== undefined && { until: known }) });
    const data = { ...grant, ...(until !== undefined && { until }) };
    return lineOf(given([registered, verified, given_]).when('GrantRole', data, { actor: ada, now: NOW }));
  };
  for (const known of [then, undefined]) assert.equal(told(known, sooner), 'RoleWithdrawn, RoleGranted');
  for (const until of [later, undefined]) assert.equal(told(then, until), 'RoleGranted');
  assert.equal(told(NOW, sooner), 'RoleGranted', 'it was over');
});

test('nobody acts for the house and for themselves', () => {
  const by = { actor: ada };
  const is = (role: a.GrantableRole) => a.RoleGranted({ ...p, role, by: 'ada' });
  const grant = (role: a.GrantableRole, ...has: readonly ReturnType<typeof is>[]) =>
    given([registered, verified, ...has]).when('GrantRole', { ...p, role }, by);
  for (const role of ['admin', 'auditor', 'investigator', 'auctioneer', 'clerk'] as const) {
    assert.deepEqual(grant(role, is('bidder')), a.RolesConflict({ role, with: ['bidder'] }));
    assert.deepEqual(grant('seller', is(role)), a.RolesConflict({ role: 'seller', with: [role] }));
  }
  assert.equal(lineOf(grant('bidder', is('seller'))), 'RoleGranted');
  assert.equal(lineOf(grant('clerk', is('auctioneer'))), 'RoleGranted');
  const over = a.RoleGranted({ ...p, role: 'bidder', by: 'ada', until: NOW });
  assert.equal(lineOf(grant('clerk', over)), 'RoleGranted');
});

test('the operator makes an administrator once, who then neither bids nor sells', () => {
  const roles = [
    a.RoleGranted({ ...p, role: 'bidder', by: 'x' }),
    a.RoleGranted({ ...p, role: 'seller', by: 'x' }),
  ];
  assert.deepEqual(given([registered]).when('AppointAdministrator', p), a.EmailNotVerified({}));
  const appointed = given([registered, verified, ...roles]).when('AppointAdministrator', p);
  assert.equal(lineOf(appointed), 'RoleWithdrawn, RoleWithdrawn, RoleGranted');
  const history = [registered, verified, ...roles, ...(appointed as [])];
  const state = stateOf(account, history);
  assert.deepEqual(state.phase === 'active' && rolesAt(state, NOW), ['admin']);
  assert.deepEqual(given(history).when('AppointAdministrator', p), []);
  const withdrawn = a.RoleWithdrawn({ ...p, role: 'admin', by: 'ada' });
  const again = { ...p, again: true as const };
  for (const asked of [p, again])
    assert.deepEqual(given([...history, withdrawn]).when('AppointAdministrator', asked), [], 'it was taken');
  assert.deepEqual(given(history).when('AppointAdministrator', again), []);
  const givenUp = [...history, a.RoleWithdrawn({ ...p, role: 'admin', by: 'p-1' })];
  assert.deepEqual(given(givenUp).when('AppointAdministrator', p), []);
  assert.equal(lineOf(given(givenUp).when('AppointAdministrator', again)), 'RoleGranted');
});

test('a password is replaced where it is still the one that was checked, and stays as short as it was', () => {
  const totp = [a.TotpEnrolled({ ...p, secret: data.verifier }), a.TotpConfirmed({ ...p, step: 7 })];
  const verifier = { ...sealedText('p-1', 'new'), eventId: 'e2' } as unknown as typeof data.verifier;
  const change = { ...p, verifier, by: 'change' as const };
  const when = given([registered, ...totp]).when;
  assert.deepEqual(when('ChangeVerifier', { ...change, instead: 'e9' }), a.PasswordReplaced({}));
  assert.equal(lineOf(when('ChangeVerifier', { ...change, instead: 'e1' })), 'VerifierChanged');
  assert.deepEqual(
    given([registered]).when('ChangeVerifier', { ...change, short: true }),
    a.SecondFactorNeeded({}),
  );
  const short = when('ChangeVerifier', { ...change, short: true }) as [];
  const rehashed = given([registered, ...totp, ...short]).when('ChangeVerifier', {
    ...{ ...p, verifier, by: 'rehash', instead: 'e2' },
  });
  assert.deepEqual(rehashed, [a.VerifierChanged({ ...p, verifier, by: 'rehash' })]);
  const history = [registered, ...totp, ...short, ...(rehashed as [])];
  assert.deepEqual(given(history).when('RemoveTotp', p), a.SecondFactorNeeded({}));
  const passkey = a.PasskeyAdded({ ...p, passkey: 'k1', credential: verifier, counter: 0 });
  assert.equal(lineOf(given([...history, passkey]).when('RemoveTotp', p)), 'TotpRemoved');
  const long = a.VerifierChanged({ ...p, verifier, by: 'reset' });
  assert.equal(lineOf(given([...history, long]).when('RemoveTotp', p)), 'TotpRemoved');
});

test('letters that anybody can ask for are the rarer the more there were, and never so rare that no link holds', () => {
  const reset = a.PasswordResetAsked({ ...p, since: 'e1.e1', email: data.email });
  const proven = [registered, verified];
  assert.deepEqual(given(proven).when('AskPasswordReset', p), [reset]);
  const unproven = a.PasswordResetAsked({ ...p, since: 'unproven.e1', email: data.email });
  assert.deepEqual(given([registered]).when('AskPasswordReset', p), [unproven]);
  for (const [letters, minutes] of [1, 5, 15, 30, 30].entries()) {
    const { when } = given([...proven, ...Array(letters + 1).fill(reset)]);
    const retryAfterMs = minutes * 60_000;
    assert.ok(retryAfterMs <= links.reset.lastsMs);
    assert.deepEqual(when('AskPasswordReset', p), a.TooManyLetters({ retryAfterMs }));
    const now = later(NOW, retryAfterMs);
    assert.deepEqual(when('AskPasswordReset', p, { now }), [reset]);
  }
  const three = [...proven, reset, reset, reset];
  for (const by of ['reset', 'change', 'rehash'] as const) {
    const changed = a.VerifierChanged({ ...p, verifier: data.verifier, by });
    assert.deepEqual(given([...three, changed]).when('AskPasswordReset', p), [reset], by);
  }
  const stranger = a.VerifierChanged({ ...p, verifier: data.verifier, by: 'change' });
  const minute = a.TooManyLetters({ retryAfterMs: 60_000 });
  assert.deepEqual(given([registered, unproven, stranger]).when('AskPasswordReset', p), minute);
  const retryAfterMs = 24 * 60 * 60_000;
  const attempt = a.RegistrationAttempted({ ...p, email: data.email });
  assert.deepEqual(given(three).when('NoteRegistrationAttempt', p), [attempt], 'each kind for itself');
  assert.deepEqual(
    given([registered, attempt]).when('NoteRegistrationAttempt', p),
    a.TooManyLetters({ retryAfterMs }),
  );
  assert.equal(lineOf(given([registered]).when('AskVerification', p)), 'VerificationAsked');
  assert.deepEqual(given([registered, verified]).when('AskVerification', p), []);
});

test('whoever is locked out is told once', () => {
  const until = '2026-03-01T18:00:00.000Z';
  const out = a.LockedOut({ ...p, until, email: data.email });
  assert.deepEqual(given([registered]).when('LockOut', { ...p, until }), [out]);
  assert.deepEqual(given([registered, out]).when('LockOut', { ...p, until }), []);
  assert.equal(
    lineOf(given([registered, out]).when('LockOut', { ...p, until }, { now: until })),
    'LockedOut',
  );
});

test('an account is closed once, and erased, by its person or behind that by the house, where nothing is left', () => {
  const own = { actor: person('p-1'), precondition: {} };
  const closed = a.AccountClosed(p);
  assert.deepEqual(given([registered, verified]).when('CloseAccount', { forGood: true }, own), [closed]);
  const stranger = given([registered]).when('CloseAccount', { forGood: true }, own);
  assert.deepEqual(stranger, a.EmailNotVerified({}), 'nobody keeps the login of another by it');
  assert.deepEqual(given([registered, closed]).when('CloseAccount', { forGood: true }, own), []);
  const erased = a.PersonErased({ ...p, login: named.login });
  const free = { ...own, precondition: {} };
  const proven = [registered, verified];
  assert.deepEqual(given([...proven, closed]).when('EraseMe', { forGood: true }, free), [erased]);
  assert.deepEqual(
    given([registered]).when('EraseMe', { forGood: true }, free),
    a.EmailNotVerified({}),
    'nobody frees the login of another by it, and voids what was sent to them',
  );
  assert.deepEqual(given([registered, erased]).when('EraseMe', { forGood: true }, free), []);
  const refusal = a.MoneyLeft({ currencies: ['EUR'] });
  assert.deepEqual(
    given(proven).when('EraseMe', { forGood: true }, { ...own, precondition: { refusal } }),
    refusal,
  );
  assert.deepEqual(given([]).when('EraseMe', { forGood: true }, free), a.AccountUnknown({}));
  const blocked = { ...own, precondition: { refusal } };
  assert.deepEqual(given([registered, verified]).when('CloseAccount', { forGood: true }, blocked), refusal);
  const asked = { ...p, cause: 'asked' as const };
  const house = { actor: ada, precondition: {} };
  const byHouse = a.PersonErased({ ...p, login: named.login, by: 'ada', cause: 'asked' });
  const locked = a.AccountLocked({ ...p, by: 'ada', cause });
  for (const state of [closed, locked])
    assert.deepEqual(given([registered, state]).when('ErasePerson', asked, house), [byHouse]);
  assert.deepEqual(given([registered]).when('ErasePerson', asked, house), a.AccountActive({}));
  assert.deepEqual(given([registered, erased]).when('ErasePerson', asked, house), []);
  assert.deepEqual(given([]).when('ErasePerson', asked, house), a.AccountUnknown({}));
  assert.deepEqual(given([registered, closed]).when('ErasePerson', asked, own), OwnAffair({}));
  const left = { ...house, precondition: { refusal } };
  assert.deepEqual(given([registered, closed]).when('ErasePerson', asked, left), refusal);
});

test('whose key is destroyed is erased in whatever state an older history has them, once, and nobody says why', () => {
  const erased = a.PersonErased({ ...p, login: named.login, by: 'system.operator' });
  const locked = a.AccountLocked({ ...p, by: 'ada', cause });
  for (const history of [[registered], [registered, locked], [registered, a.AccountClosed(p)]])
    assert.deepEqual(given(history).when('CompleteErasure', p), [erased]);
  assert.deepEqual(given([registered, erased]).when('CompleteErasure', p), []);
  assert.deepEqual(given([]).when('CompleteErasure', p), a.AccountUnknown({}));
});

test('another password voids what was asked for by the one before: another address, and links to the old one', () => {
  const email = { ...sealedText('p-1', 'next'), eventId: 'e7' } as unknown as typeof data.email;
  const next = { ...p, login: loginNamed('next'), email };
  const former = { formerLogin: data.login, formerEmail: data.email };
  const asked = a.EmailChangeAsked(next);
  const changed = a.VerifierChanged({ ...p, verifier: data.verifier, by: 'reset' });
  const before = stateOf(account, [registered, verified, asked]);
  const behind = stateOf(account, [registered, verified, asked, changed]);
  assert.ok(before.phase === 'active' && before.nextEmail !== undefined);
  assert.ok(behind.phase === 'active' && behind.nextEmail === undefined);
  const moved = stateOf(account, [registered, verified, asked, a.EmailChanged({ ...next, ...former })]);
  assert.ok(moved.phase === 'active');
  assert.notEqual(resetBound(moved), resetBound(before));
});
