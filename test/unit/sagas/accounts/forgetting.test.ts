import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { EraseMe } from '#domain/accounts/account/messages.ts';
import { Register } from '#domain/accounts/login/messages.ts';
import { opened } from '#domain/kernel/personal.ts';
import { forgetAgain } from '#sagas/accounts/forgetting.ts';
import { givenAccounts, loginNamed, registering, whileFollowing } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';

const pia = someone('p-1', 'bidder');

for (const side of ['before', 'after'] as const)
  test(`who is to be forgotten is, though the consumer is killed ${side} the key is destroyed`, async () => {
    const platform = givenAccounts();
    const { tell, typesOf, history, personKeys, pipeline } = platform;
    await tell(Register.type, registering('p-1'));
    await tell(Register.type, registering('p-2'));
    assert.equal(await tell(EraseMe.type, { forGood: true }, pia), 'accepted');
    const { consumers } = memoryStores().readStore;
    const { dispatch } = pipeline;
    const killed = Promise.withResolvers<void>();
    const destroyed: string[] = [];
    const dying = {
      async destroy(person: string) {
        if (side === 'after') await personKeys.destroy(person);
        killed.resolve();
        throw new Error('the process is dead');
      },
    };
    const email = async (person: string) => {
      const [registered] = await history(`account-${person}`);
      const keys = await personKeys.find([person]);
      return opened(registered?.data.email, keys);
    };
    await whileFollowing(platform, { consumers, dispatch, personKeys: dying }, () => killed.promise);
    assert.equal(await email('p-1'), side === 'after' ? undefined : 'p-1@example.org');
    const living = {
      async destroy(person: string) {
        destroyed.push(person);
        await personKeys.destroy(person);
      },
    };
    for (const each of [living, personKeys])
      await whileFollowing(platform, { consumers, dispatch, personKeys: each }, async (reached) =>
        assert.ok(await reached()),
      );
    // Read again from the beginning, by the store itself.
    const fresh = { consumers: memoryStores().readStore.consumers, dispatch, personKeys };
    await whileFollowing(platform, fresh, async (reached) => assert.ok(await reached()));
    assert.deepEqual(destroyed, ['p-1'], 'met again once, and not behind its checkpoint');
    assert.equal((await personKeys.find(['p-1'])).get('p-1'), 'destroyed');
    assert.deepEqual([await email('p-1'), await email('p-2')], [undefined, 'p-2@example.org']);
    const login = loginNamed('p-1');
    assert.deepEqual(await typesOf(`login-${login}`), ['LoginTaken', 'LoginReleased']);
    assert.equal(await tell(Register.type, registering('p-1')), 'erased', 'a key is never made again');
    assert.equal(await tell(Register.type, registering('p-3', login)), 'accepted', 'the login is free');
    assert.deepEqual(await typesOf('account-p-1'), ['AccountRegistered', 'PersonErased']);
  });

test('a key that comes back from a backup is destroyed again, and nobody else’s', async () => {
  const { store, tell, personKeys } = givenAccounts();
  for (const person of ['p-1', 'p-2']) await tell(Register.type, registering(person));
  assert.equal(await tell(EraseMe.type, { forGood: true }, pia), 'accepted');
  const again = () => forgetAgain({ store, personKeys, signal: new AbortController().signal });
  assert.equal(await again(), 1, 'as if the erasure had never reached the file');
  const keys = await personKeys.find(['p-1', 'p-2']);
  assert.equal(keys.get('p-1'), 'destroyed');
  assert.equal(typeof keys.get('p-2'), 'object');
  assert.equal(await again(), 0);
});
