import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Register, ReleaseLogin } from '#domain/accounts/login/messages.ts';
import { opened, type Sealed } from '#domain/kernel/personal.ts';
import { givenAccounts, loginNamed, registering } from '#test/support/accounts.ts';

describe('registering', () => {
  it('takes the login, then makes the account; nothing that proves the person stands in plain', async () => {
    const { tell, typesOf, history, personKeys } = givenAccounts();
    const data = { ...registering('p-1'), paymentMeans: 'pm_4242' };
    assert.equal(await tell(Register.type, data), 'accepted');
    assert.deepEqual(await typesOf(`login-${data.login}`), ['LoginTaken']);
    assert.deepEqual(await typesOf('account-p-1'), ['AccountRegistered']);
    const events = [...(await history(`login-${data.login}`)), ...(await history('account-p-1'))];
    const stored = JSON.stringify(events.map(({ data, metadata }) => ({ data, metadata })));
    for (const plain of ['example.org', 'argon2id', 'pm_4242']) assert.ok(!stored.includes(plain), plain);
    const keys = await personKeys.find(['p-1']);
    const account = events.at(-1)?.data as unknown as { email: Sealed; verifier: Sealed };
    assert.equal(opened(account.email, keys), data.email, 'handed on as it was sealed first');
    assert.equal(opened(account.verifier, keys), data.verifier);
  });

  it('gives one login to exactly one of those who want it at once', async () => {
    const { tell, typesOf } = givenAccounts();
    const login = loginNamed('same');
    const people = Array.from({ length: 10 }, (_, at) => `p-${at}`);
    const told = await Promise.all(people.map((each) => tell(Register.type, registering(each, login))));
    assert.deepEqual(told.toSorted(), ['accepted', ...people.slice(1).map(() => 'login_in_use')]);
    const accounts = await Promise.all(people.map((each) => typesOf(`account-${each}`)));
    assert.equal(accounts.flat().length, 1);
  });

  it('lets go of the login that it took for somebody who has an account', async () => {
    const { tell, typesOf } = givenAccounts();
    await tell(Register.type, registering('p-1'));
    const second = registering('p-1', loginNamed('second'));
    assert.equal(await tell(Register.type, second), 'account_exists');
    assert.deepEqual(await typesOf(`login-${second.login}`), ['LoginTaken', 'LoginReleased']);
    assert.equal(await tell(Register.type, registering('p-2', second.login)), 'accepted');
    const late = { login: second.login, person: 'p-1' };
    assert.equal(await tell(ReleaseLogin.type, late), 'accepted');
    assert.equal((await typesOf(`login-${second.login}`)).length, 3, 'what is another’s stays');
  });

  it('is the same when it is repeated, and never taken from outside', async () => {
    const { tell, typesOf } = givenAccounts();
    const data = registering('p-1');
    for (const id of ['c1', 'c1', 'c2'])
      assert.equal(await tell(Register.type, data, undefined, id), 'accepted');
    assert.deepEqual(await typesOf('account-p-1'), ['AccountRegistered']);
    const ann = { id: 'ann', roles: ['admin' as const], reputation: 0 };
    assert.equal(await tell(Register.type, registering('p-2'), ann), 'forbidden');
  });
});
