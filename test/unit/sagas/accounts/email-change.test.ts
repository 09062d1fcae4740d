import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { ClaimLogin } from '#domain/accounts/login/messages.ts';
import { givenAccounts, loginNamed, registering, whileFollowing } from '#test/support/accounts.ts';

const person = 'p-1';
const [old, next] = [loginNamed('p-1'), loginNamed('next')];
const email = 'next@example.org';

async function givenAsked(options: Parameters<typeof givenAccounts>[0] = {}) {
  const accounts = givenAccounts(options);
  await accounts.tell('Register', registering(person));
  assert.equal(await accounts.tell('VerifyEmail', { person }), 'accepted');
  assert.equal(await accounts.tell('AskEmailChange', { person, login: next, email }), 'accepted');
  return accounts;
}

test('another address takes the place of the old one, whose login is free again', async () => {
  const { tell, typesOf } = await givenAsked();
  assert.equal(await tell(ClaimLogin.type, { login: next, person }), 'accepted');
  const told = await typesOf('account-p-1');
  assert.deepEqual(told.slice(-2), ['EmailChangeAsked', 'EmailChanged']);
  assert.deepEqual(await typesOf(`login-${old}`), ['LoginTaken', 'LoginReleased']);
  assert.equal(await tell(ClaimLogin.type, { login: next, person }), 'accepted', 'once more is nothing more');
  assert.equal(await tell('Register', registering('p-2', old)), 'accepted');
  assert.equal(await tell('Register', registering('p-3', next)), 'login_in_use');
});

test('a login is claimed by one of those who want it, and by nobody who has not asked', async () => {
  const { tell, typesOf } = await givenAsked();
  await tell('Register', registering('p-2', next));
  assert.equal(await tell(ClaimLogin.type, { login: next, person }), 'login_in_use');
  const other = loginNamed('other');
  assert.equal(await tell(ClaimLogin.type, { login: other, person }), 'email_change_void');
  assert.deepEqual(await typesOf(`login-${other}`), ['LoginClaimed', 'LoginReleased']);
});

test('a change whose process was killed is brought to its end, and so is one that was erased in between', async () => {
  for (const erased of [false, true]) {
    const first = givenAccounts();
    const { store, personKeys, typesOf } = first;
    await first.tell('Register', registering(person));
    await first.tell('VerifyEmail', { person });
    await first.tell('AskEmailChange', { person, login: next, email });
    const second = givenAccounts({ reactions: [], store, personKeys, seed: 2 });
    await second.tell(ClaimLogin.type, { login: next, person }, undefined, 'claimed');
    const self = { id: person, roles: ['bidder' as const], reputation: 0 };
    if (erased) assert.equal(await second.tell('EraseMe', { forGood: true }, self, 'erased'), 'accepted');
    assert.deepEqual(await typesOf(`login-${next}`), ['LoginClaimed'], 'the write side died here');
    const { consumers } = memoryStores().readStore;
    const { dispatch } = second.pipeline;
    await whileFollowing(second, { consumers, personKeys, dispatch }, async (reached) => {
      while ((await typesOf(`login-${old}`)).length < 2) assert.ok(await reached());
      assert.ok(await reached());
    });
    const end = erased ? ['LoginClaimed', 'LoginReleased'] : ['LoginClaimed'];
    assert.deepEqual(await typesOf(`login-${next}`), end);
    assert.deepEqual(await typesOf(`login-${old}`), ['LoginTaken', 'LoginReleased']);
  }
});
