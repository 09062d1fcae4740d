import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { Register } from '#domain/accounts/login/messages.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { givenAccounts, loginNamed, registering, whileFollowing } from '#test/support/accounts.ts';

// A write side that dies behind the taking of a login leaves the rest to the catch-up consumer, which may die, too.

const login = loginNamed('p-1');

for (const side of ['before', 'after'] as const)
  test(`a registration whose processes are killed comes to one account: ${side} it is made`, async () => {
    const first = givenAccounts({ reactions: [] });
    const { pipeline, personKeys, store, typesOf } = first;
    await first.tell(Register.type, registering('p-1'));
    assert.deepEqual(await typesOf('account-p-1'), [], 'the write side died here');
    const { consumers } = memoryStores().readStore;
    const killed = Promise.withResolvers<void>();
    const dying: Dispatch = async (envelope) => {
      if (side === 'after') await pipeline.dispatch(envelope);
      killed.resolve();
      throw new Error('the process is dead');
    };
    await whileFollowing(first, { consumers, personKeys, dispatch: dying }, () => killed.promise);
    assert.equal((await typesOf('account-p-1')).length, side === 'after' ? 1 : 0);
    const second = givenAccounts({ reactions: [], store, personKeys, seed: 2 });
    const { dispatch } = second.pipeline;
    await whileFollowing(second, { consumers, personKeys, dispatch }, async (reached) => {
      assert.ok(await reached());
    });
    assert.deepEqual(await typesOf('account-p-1'), ['AccountRegistered']);
    assert.deepEqual(await typesOf(`login-${login}`), ['LoginTaken']);
  });

test('a login that was taken for nothing is let go by whoever comes behind a kill', async () => {
  const first = givenAccounts();
  await first.tell(Register.type, registering('p-1'));
  const { personKeys, store, typesOf } = first;
  const other = loginNamed('other');
  const second = givenAccounts({ reactions: [], store, personKeys, seed: 2 });
  await second.tell(Register.type, registering('p-1', other), undefined, 'again');
  const { consumers } = memoryStores().readStore;
  const { dispatch } = second.pipeline;
  await whileFollowing(second, { consumers, personKeys, dispatch }, async (reached) => {
    while ((await typesOf(`login-${other}`)).length < 2) assert.ok(await reached());
  });
  assert.deepEqual(await typesOf('account-p-1'), ['AccountRegistered', 'AccountRefused']);
  assert.deepEqual(await typesOf(`login-${other}`), ['LoginTaken', 'LoginReleased']);
  assert.deepEqual(await typesOf(`login-${login}`), ['LoginTaken'], 'their own stays theirs');
});
