import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts } from '#compose/contexts/accounts.ts';
import { knownOf } from '#compose/known.ts';
import { ownAccountOf } from '#compose/own-account.ts';
import { type Instant, instant, millisecondsOf } from '#domain/kernel/instant.ts';
import { givenAccounts, registering } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';

// What people see of themselves, read from their own streams.

const EXPIRES = '2026-03-15T12:00:00.000Z';

async function givenAnn(options: Parameters<typeof givenAccounts>[0] = {}) {
  const given = givenAccounts(options);
  const { store, registry, clock, personKeys, pipeline, tell } = given;
  const known = knownOf({ stateOf: pipeline.stateOf, personKeys, clock });
  /** When the provider has noted a use, by session. */
  const uses = new Map<string, Instant>();
  const lastUsed = async (session: string) => uses.get(session);
  const own = ownAccountOf({ store, registry, personKeys, known, lastUsed });
  await tell('Register', registering('ann'));
  await tell('VerifyEmail', { person: 'ann' });
  const ann = someone('ann', 'bidder', 'seller');
  const opens = (session: string, more: object = {}) =>
    tell('OpenSession', {
      person: 'ann',
      session,
      client: 'shop',
      provenAt: EXPIRES,
      expiresAt: EXPIRES,
      ...more,
    });
  return { ...given, own, known, ann, opens, uses };
}

test('a profile is the last that was told, opened for its person, and gone with their key', async () => {
  const { own, ann, tell, personKeys } = await givenAnn();
  assert.equal(await own.profile('ann'), undefined);
  await tell('CreateProfile', { name: 'Ann', address: 'Street 1', phone: '+1 23' }, ann);
  assert.deepEqual(await own.profile('ann'), { name: 'Ann', address: 'Street 1', phone: '+1 23' });
  assert.equal(await tell('ChangeProfile', { name: 'Anna', address: 'Street 2\nTown' }, ann), 'accepted');
  assert.deepEqual(await own.profile('ann'), { name: 'Anna', address: 'Street 2\nTown', phone: undefined });
  await personKeys.destroy('ann');
  assert.equal(await own.profile('ann'), undefined);
});

test('sessions are those that are open, the newest first, by the names of their systems', async () => {
  const { own, ann, tell, opens, clock, uses } = await givenAnn();
  assert.deepEqual(await own.sessions('ann'), []);
  const system = { client: 'shop', name: 'The shop', grantTypes: ['authorization_code'] };
  await tell('RegisterClient', { ...system, by: 'root', redirectUris: ['https://shop.example/back'] });
  assert.equal(await opens('s1', { address: '192.0.2.1', browser: 'Safari, iPad' }), 'accepted');
  await opens('s2', { client: 'gone' });
  await opens('s3', { client: 'annals-account', expiresAt: '2026-03-02T12:00:00.000Z' });
  await opens('s4');
  await tell('EndSession', { session: 's4' }, ann);
  const openedAt = clock.now();
  const usedAt = instant(millisecondsOf(openedAt) + 60_000);
  uses.set('s2', usedAt);
  // To the second alone, so that it may seem to be before.
  uses.set('s1', instant(millisecondsOf(openedAt) - 500));
  const shown = await own.sessions('ann');
  const told = { openedAt, lastUsedAt: openedAt, expiresAt: EXPIRES, address: undefined, browser: undefined };
  assert.deepEqual(shown, [
    { ...told, session: 's3', system: undefined, expiresAt: '2026-03-02T12:00:00.000Z' },
    { ...told, session: 's2', system: 'gone', lastUsedAt: usedAt },
    { ...told, session: 's1', system: 'The shop', address: '192.0.2.1', browser: 'Safari, iPad' },
  ]);
});

test('one that was opened long ago is found behind all that came since', async () => {
  const { own, tell, opens } = await givenAnn();
  await opens('first');
  for (let count = 0; count < 120; count++) {
    await opens(`s${count}`);
    await tell('EndSessions', { person: 'ann', session: `s${count}`, why: 'revoked' });
  }
  assert.deepEqual(
    (await own.sessions('ann')).map(({ session }) => session),
    ['first'],
  );
});

test('nothing is shown of a session that began before another password, also where it was not ended yet', async () => {
  const { own, tell, clock, known } = await givenAnn({
    reactions: accounts.reactions.filter(({ name }) => name !== 'signing-out'),
  });
  await tell('Register', registering('bob'));
  const times = { provenAt: EXPIRES, expiresAt: EXPIRES };
  const opens = (session: string) =>
    tell('OpenSession', { person: 'bob', session, client: 'shop', ...times });
  assert.equal(await opens('before'), 'accepted');
  clock.advanceTo(instant(millisecondsOf(clock.now()) + 1));
  assert.equal(await tell('ReplaceRegistration', { person: 'bob', verifier: '$argon2id$other' }), 'accepted');
  assert.equal(await opens('after'), 'accepted');
  assert.equal((await known.sessions('bob')).length, 2);
  assert.deepEqual(
    (await own.sessions('bob')).map(({ session }) => session),
    ['after'],
  );
});
