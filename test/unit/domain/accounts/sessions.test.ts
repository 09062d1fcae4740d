import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessions } from '#domain/accounts/sessions/decider.ts';
import * as s from '#domain/accounts/sessions/messages.ts';
import { givenAccounts, registering } from '#test/support/accounts.ts';
import { deciding, NOW, person } from '#test/support/given.ts';
import { someone } from '#test/support/platform.ts';

const given = deciding(sessions);
const p = { person: 'p-1' };
const own = { actor: person('p-1') };
const data = (session: string, expiresAt = '2026-03-02T00:00:00.000Z') => ({
  ...{ ...p, session, client: 'web', expiresAt },
});
const asked = (session: string, provenAt = NOW) => ({ ...data(session), provenAt });
const open = (session: string, expiresAt?: string) => s.SessionOpened(data(session, expiresAt));
const ended = (sessions: string[], why: s.SessionEnd) => s.SessionsEnded({ ...p, sessions, why });
const may = { precondition: {} };

test('sessions are opened once, and ended one by one or all', () => {
  assert.deepEqual(given([]).when('OpenSession', asked('a'), may), [open('a')]);
  assert.deepEqual(given([open('a')]).when('OpenSession', asked('a'), may), []);
  const two = given([open('a'), open('b')]);
  assert.deepEqual(two.when('EndSession', { session: 'a' }, own), [ended(['a'], 'ended')]);
  assert.deepEqual(two.when('EndSession', { session: 'c' }, own), s.SessionUnknown({}));
  assert.deepEqual(two.when('EndAllSessions', { everywhere: true }, own), [ended(['a', 'b'], 'all_ended')]);
  assert.deepEqual(two.when('EndSessions', { ...p, why: 'locked' }), [ended(['a', 'b'], 'locked')]);
  const one = two.when('EndSessions', { ...p, session: 'b', why: 'revoked' });
  assert.deepEqual(one, [ended(['b'], 'revoked')]);
  assert.deepEqual(
    given([open('a'), ended(['a'], 'ended')]).when('EndAllSessions', { everywhere: true }, own),
    [],
  );
});

test('a system gives back its tokens in a session that is open, which stays so', () => {
  const left = { ...p, session: 'a', client: 'shop', grant: 'g'.repeat(43) };
  const two = given([open('a'), open('b'), s.SystemLeft(left)]);
  assert.deepEqual(given([open('a')]).when('LeaveSession', left), [s.SystemLeft(left)]);
  assert.deepEqual(two.when('LeaveSession', { ...left, session: 'c' }), []);
  assert.deepEqual(two.when('EndAllSessions', { everywhere: true }, own), [ended(['a', 'b'], 'all_ended')]);
});

test('the oldest makes room, and what is past its time counts no more', () => {
  const full = Array.from({ length: s.MOST_SESSIONS }, (_, at) => open(`s${at}`));
  const crowded = given(full).when('OpenSession', asked('new'), may);
  assert.deepEqual(crowded, [ended(['s0'], 'crowded_out'), open('new')]);
  const [, ...rest] = full;
  assert.deepEqual(given([open('old', NOW), ...rest]).when('OpenSession', asked('new'), may), [open('new')]);
});

test('nobody signs in whose account is locked, and locking, closing and another password sign out', async () => {
  const { tell, typesOf, history } = givenAccounts();
  const ada = someone('ada', 'admin');
  const pia = someone('p-1', 'bidder');
  const signIn = (session: string, provenAt?: string) =>
    tell('OpenSession', { ...asked(session, provenAt), address: '203.0.113.77' });
  assert.equal(await signIn('none'), 'account_unknown');
  await tell('Register', registering('p-1'));
  const cause = 'Asked for.';
  assert.equal(await signIn('a'), 'accepted');
  assert.equal(await signIn('x', '2026-03-01T11:59:59.000Z'), 'sign_in_outdated');
  await tell('LockAccount', { ...p, cause }, ada);
  assert.equal(await signIn('b'), 'account_not_active');
  await tell('UnlockAccount', { ...p, cause }, ada);
  assert.equal(await signIn('c'), 'accepted');
  await tell('ChangeVerifier', { ...p, verifier: '$argon2id$x', by: 'reset' });
  assert.equal(await signIn('d'), 'accepted');
  await tell('CloseAccount', { forGood: true }, pia);
  const types = ['SessionOpened', 'SessionsEnded'];
  assert.deepEqual(await typesOf('sessions-p-1'), [...types, ...types, ...types]);
  const stored = await history('sessions-p-1');
  const whys = stored.flatMap(({ data }) => data.why ?? []);
  assert.deepEqual(whys, ['locked', 'password_changed', 'closed']);
  assert.ok(!JSON.stringify(stored.map((event) => event.data)).includes('203.0.113'));
});
