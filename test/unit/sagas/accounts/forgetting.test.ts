import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { EraseMe, GrantRole, VerifyEmail } from '#domain/accounts/account/messages.ts';
import { Register } from '#domain/accounts/login/messages.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { opened } from '#domain/kernel/personal.ts';
import { CreditWallet, OpenWallet, ReleaseHold, ReserveFunds } from '#domain/wallets/wallet/messages.ts';
import { eraseAgain, forgetAgain } from '#sagas/accounts/forgetting.ts';
import { givenAccounts, loginNamed, registering, whileFollowing } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';

const pia = someone('p-1', 'bidder');

for (const side of ['before', 'after'] as const)
  test(`who is to be forgotten is, though the consumer is killed ${side} the key is destroyed`, async () => {
    const platform = givenAccounts();
    const { tell, typesOf, history, personKeys, pipeline } = platform;
    await tell(Register.type, registering('p-1'));
    await tell(Register.type, registering('p-2'));
    await tell(VerifyEmail.type, { person: 'p-1' });
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
    const types = await typesOf('account-p-1');
    assert.deepEqual([types[0], types.at(-1)], ['AccountRegistered', 'PersonErased']);
    assert.equal(types.filter((type) => type === 'PersonErased').length, 1);
  });

test('a key that comes back from a backup is destroyed again, and nobody else’s', async () => {
  const { store, tell, personKeys } = givenAccounts();
  for (const person of ['p-1', 'p-2']) await tell(Register.type, registering(person));
  await tell(VerifyEmail.type, { person: 'p-1' });
  assert.equal(await tell(EraseMe.type, { forGood: true }, pia), 'accepted');
  const again = () => forgetAgain({ store, personKeys, signal: new AbortController().signal });
  assert.equal(await again(), 1, 'as if the erasure had never reached the file');
  const keys = await personKeys.find(['p-1', 'p-2']);
  assert.equal(keys.get('p-1'), 'destroyed');
  assert.equal(typeof keys.get('p-2'), 'object');
  assert.equal(await again(), 0);
});

/** The same keys beside a history of before somebody was erased, two of whom are forgotten since, and one has come since and is. */
async function givenRestored() {
  const now = givenAccounts();
  const { store: before } = memoryStores({ clock: now.clock });
  const { personKeys } = now;
  for (const person of ['p-1', 'p-2', 'p-3']) {
    await now.tell(Register.type, registering(person));
    await now.tell(VerifyEmail.type, { person });
  }
  await now.tell(OpenWallet.type, { currency: 'TND' }, pia);
  const whose = { person: 'p-1', currency: 'TND' };
  await now.tell(CreditWallet.type, { ...whose, movement: 'm1', amount: '500', reason: 'transfer' });
  const hold = { ...whose, holdId: 'a1' };
  await now.tell(ReserveFunds.type, { ...hold, claimId: 'b1', amount: '200', purpose: 'bid' });
  const { events } = await now.store.readAll({ limit: 100 });
  for (const { stream, eventId, type, data, metadata } of events)
    await before.append(stream, 'any', [{ eventId, type, data, metadata }]);
  await now.tell(Register.type, registering('p-4'));
  for (const person of ['p-1', 'p-3', 'p-4']) await personKeys.destroy(person);
  const restored = givenAccounts({ store: before, personKeys, seed: 2 });
  const tell: typeof now.tell = (command, data, actor) =>
    restored.tell(command, data, actor, restored.newId());
  return { ...restored, tell, hold };
}

test('whose key is destroyed is forgotten in a history that is older, once, with what is theirs, and nobody else', async () => {
  const { store, tell, typesOf, history, personKeys, pipeline, newId, hold } = await givenRestored();
  const login = loginNamed('p-1');
  assert.equal(await tell(Register.type, registering('p-5', login)), 'login_in_use');
  const dispatched: string[] = [];
  const again = async (dispatch: Dispatch = pipeline.dispatch) => {
    const erased: string[] = [];
    const { signal } = new AbortController();
    const told = (person: string) => void erased.push(person);
    await eraseAgain({ store, personKeys, dispatch, newId, signal, erased: told, freed: assert.fail });
    return erased;
  };
  const killed: Dispatch = async (envelope) => {
    dispatched.push(envelope.command);
    await pipeline.dispatch(envelope);
    throw new Error('the process is dead');
  };
  await assert.rejects(again(killed), /dead/);
  assert.deepEqual(await again(), ['p-3'], 'the first one is already');
  assert.deepEqual(await again(killed), []);
  assert.deepEqual(dispatched, ['CompleteErasure'], 'nobody is asked about who is known to be forgotten');

  const [erased] = (await history('account-p-1')).filter(({ type }) => type === 'PersonErased');
  assert.deepEqual(erased?.data, { person: 'p-1', login, by: 'system.operator' });
  assert.equal(erased?.metadata.command, 'CompleteErasure');
  assert.ok(!(await typesOf('account-p-2')).includes('PersonErased'));
  assert.deepEqual(await typesOf('account-p-4'), [], 'of whom it knows nothing');
  assert.equal(await tell(Register.type, registering('p-5', login)), 'accepted', 'the login is free');
  const ada = someone('ada', 'admin');
  assert.equal(await tell(GrantRole.type, { person: 'p-1', role: 'clerk' }, ada), 'account_not_active');
  assert.equal(await tell(OpenWallet.type, { currency: 'EUR' }, pia), 'erased');
  // What was held for a bid of theirs goes where the rest has gone, when it is free.
  const owed = async () =>
    (await history('wallet-p-1:TND')).flatMap(({ type, data }) =>
      type === 'MoneyLeftBehind' ? data.amount : [],
    );
  await until(async () => (await owed()).length === 1, 'their wallet is closed');
  assert.deepEqual(await owed(), ['300']);
  assert.equal(await tell(ReleaseHold.type, { ...hold, reason: 'outbid' }), 'accepted');
  assert.deepEqual(await owed(), ['300', '200']);
});

test('one whose erasure cannot be recorded keeps nobody else from being forgotten, and is met again', async () => {
  const { store, typesOf, personKeys, pipeline, newId } = await givenRestored();
  const erased: string[] = [];
  const refusing: Dispatch = async (envelope) =>
    JSON.stringify(envelope.data).includes('p-1')
      ? {
          ...{ outcome: 'rejected', commandId: envelope.commandId, position: undefined, events: [] },
          rejection: { rejected: true, code: 'unavailable', message: '', details: {} },
        }
      : pipeline.dispatch(envelope);
  const again = (dispatch: Dispatch) =>
    eraseAgain({
      ...{ store, personKeys, dispatch, newId, signal: new AbortController().signal },
      erased: (person) => void erased.push(person),
      freed: assert.fail,
    });
  await assert.rejects(again(refusing), /could not be recorded: unavailable/);
  assert.deepEqual(erased, ['p-3']);
  // Another process was faster with it: it is told once.
  await again(async (envelope) => {
    await pipeline.dispatch({ ...envelope, commandId: newId() });
    return pipeline.dispatch(envelope);
  });
  assert.deepEqual(erased, ['p-3']);
  assert.equal((await typesOf('account-p-1')).at(-1), 'PersonErased');
});

test('all are met, page by page, and nobody behind the signal', async () => {
  const { store, typesOf, personKeys, pipeline, newId } = await givenRestored();
  const { dispatch } = pipeline;
  const singly = { destroyed: (after: number) => personKeys.destroyed(after, 1) };
  for (const [first, keys, then] of [
    ['p-1', personKeys, 'EmailVerified'],
    ['p-3', singly, 'PersonErased'],
  ] as const) {
    const stopping = new AbortController();
    const erased: string[] = [];
    const told = (person: string) => {
      erased.push(person);
      stopping.abort();
    };
    const { signal } = stopping;
    await eraseAgain({ store, personKeys: keys, dispatch, newId, signal, erased: told, freed: assert.fail });
    assert.deepEqual(erased, [first]);
    const [last] = (await typesOf('account-p-3')).filter((type) => !/^Role/.test(type)).slice(-1);
    assert.equal(last, then);
  }
});

test('a login is let go whose account a history does not know that ends between the two, of whoever is forgotten alone, once', async () => {
  const { personKeys, clock, ...now } = givenAccounts();
  const { store: before } = memoryStores({ clock });
  const people = ['p-1', 'p-2'];
  for (const person of people) await now.tell(Register.type, registering(person));
  const { events } = await now.store.readAll({ limit: 100 });
  for (const { stream, eventId, type, data, metadata } of events)
    if (type === 'LoginTaken') await before.append(stream, 'any', [{ eventId, type, data, metadata }]);
  await personKeys.destroy('p-1');
  const { tell, typesOf, pipeline, newId } = givenAccounts({ store: before, personKeys, seed: 2 });
  const again = async () => {
    const freed: string[] = [];
    await eraseAgain({
      ...{ store: before, personKeys, dispatch: pipeline.dispatch, newId },
      ...{ signal: new AbortController().signal, erased: assert.fail },
      freed: (person) => void freed.push(person),
    });
    return freed;
  };
  const [login, other] = people.map((person) => loginNamed(person));
  assert.equal(await tell(Register.type, registering('p-3', login), undefined, 'c3'), 'login_in_use');
  assert.deepEqual(await again(), ['p-1']);
  assert.deepEqual(await again(), []);
  assert.deepEqual(await typesOf(`login-${login}`), ['LoginTaken', 'LoginReleased']);
  assert.deepEqual(await typesOf(`login-${other}`), ['LoginTaken']);
  const taken = await tell(Register.type, registering('p-4', login), undefined, 'c4');
  assert.equal(taken, 'accepted', 'the address is free');
  assert.deepEqual(await again(), [], 'also where somebody else has it');
});
