import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import {
  AskEmailChange,
  ChangeEmail,
  EraseMe,
  VerifyEmail,
  YieldRegistration,
} from '#domain/accounts/account/messages.ts';
import { ClaimLogin, PassLogin, Register, ReleaseLogin } from '#domain/accounts/login/messages.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { givenAccounts, loginNamed, registering, whileFollowing } from '#test/support/accounts.ts';
import { halting } from '#test/support/halting-store.ts';
import { someone } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';

// A stranger has registered an address and never proven it; somebody else has proven it, and wants it for an account of theirs.

const [stranger, person] = ['p-0', 'p-1'];
const [old, next] = [loginNamed('p-1'), loginNamed('next')];
const [STRANGER, NEXT] = ['account-p-0', `login-${next}`];
const email = 'next@example.org';
const yielding = { person: stranger, login: next, to: person };
const self = someone(person, 'bidder');

const PASSED = ['LoginTaken', 'LoginReleased', 'LoginClaimed'];

async function given(options: Parameters<typeof givenAccounts>[0] = {}) {
  const accounts = givenAccounts(options);
  await accounts.tell(Register.type, registering(stranger, next));
  await accounts.tell(Register.type, registering(person));
  await accounts.tell(VerifyEmail.type, { person });
  await accounts.tell(AskEmailChange.type, { person, login: next, email });
  assert.equal(await accounts.tell(ClaimLogin.type, { login: next, person }), 'login_in_use');
  return accounts;
}

/** And another process beside it, whose appends to a stream stand still. */
async function givenTwo(stream: string) {
  const first = await given();
  const gate = halting(first.store, stream);
  const second = givenAccounts({ store: gate.store, personKeys: first.personKeys, seed: 2 });
  let sent = 0;
  return {
    ...first,
    gate,
    tellHalted: (command: string, data: object) => second.tell(command, data, undefined, `halted-${++sent}`),
    settled: () => Promise.all([first.pipeline.drain(), second.pipeline.drain()]),
  };
}

const isPassed = async ({ typesOf }: Pick<Awaited<ReturnType<typeof given>>, 'typesOf'>) => {
  assert.deepEqual(await typesOf(STRANGER), ['AccountRegistered', 'PersonErased']);
  assert.deepEqual(await typesOf(NEXT), PASSED);
  assert.deepEqual((await typesOf('account-p-1')).slice(-2), ['EmailChangeAsked', 'EmailChanged']);
  assert.deepEqual(await typesOf(`login-${old}`), ['LoginTaken', 'LoginReleased']);
};

test('what nobody has proven gives way to whoever has: its account ends, and its login is nobody’s in between', async () => {
  const accounts = await given();
  const { tell, typesOf, history, clock } = accounts;
  const times = { provenAt: clock.now(), expiresAt: '2100-01-01T00:00:00.000Z' };
  const session = { person: stranger, session: 's1', client: 'web', ...times };
  assert.equal(await tell('OpenSession', session), 'accepted');
  assert.equal(await tell(YieldRegistration.type, yielding), 'accepted');
  await until(async () => (await typesOf(`login-${old}`)).length > 1, 'the old login is free');
  await isPassed(accounts);
  await until(async () => (await typesOf('sessions-p-0')).length > 1, 'whoever was in is out');
  assert.equal((await history('sessions-p-0')).at(-1)?.data.why, 'erased');
  assert.equal(await tell(YieldRegistration.type, yielding), 'accepted', 'once more is nothing more');
  assert.equal(await tell(VerifyEmail.type, { person: stranger }), 'account_not_active');
  assert.equal(await tell(Register.type, registering('p-2', next)), 'login_in_use');
  await accounts.pipeline.drain();
  assert.deepEqual(await typesOf(NEXT), PASSED);
});

test('nothing gives way to whoever does not wait for it, and nothing that has money', async () => {
  const { tell, typesOf } = await given();
  await tell(Register.type, registering('p-2'));
  for (const to of ['p-2', 'p-3'])
    assert.equal(await tell(YieldRegistration.type, { ...yielding, to }), 'email_change_void');
  await tell('OpenWallet', { currency: 'TND' }, someone(stranger, 'bidder'));
  const money = { currency: 'TND', amount: '5', movement: 'm1', reason: 'transfer' };
  await tell('CreditWallet', { ...money, person: stranger });
  assert.equal(await tell(YieldRegistration.type, yielding), 'money_left');
  assert.deepEqual([await typesOf(STRANGER), await typesOf(NEXT)], [['AccountRegistered'], ['LoginTaken']]);
});

for (const command of [PassLogin, ChangeEmail, ReleaseLogin])
  for (const side of ['before', 'after'] as const)
    test(`a registration that gives way does so to the end where the process is killed ${side} ${command.type}`, async () => {
      const first = await given();
      const { store, personKeys } = first;
      const second = givenAccounts({ reactions: [], store, personKeys, seed: 2 });
      await second.tell(YieldRegistration.type, yielding, undefined, 'yielded');
      assert.deepEqual(await first.typesOf(NEXT), ['LoginTaken'], 'the write side died here');
      const { consumers } = memoryStores().readStore;
      const { dispatch } = second.pipeline;
      const killed = Promise.withResolvers<void>();
      let isDead = false;
      const dying: Dispatch = async (envelope) => {
        isDead ||= side === 'before' && envelope.command === command.type;
        if (!isDead) await dispatch(envelope);
        isDead ||= envelope.command === command.type;
        if (!isDead) return dispatch(envelope);
        killed.resolve();
        throw new Error('the process is dead');
      };
      await whileFollowing(first, { consumers, personKeys, dispatch: dying }, () => killed.promise);
      const third = givenAccounts({ reactions: [], store, personKeys, seed: 3 });
      await whileFollowing(
        first,
        { consumers, personKeys, dispatch: third.pipeline.dispatch },
        async (reached) => {
          await until(async () => (await first.typesOf(`login-${old}`)).length > 1, 'the old login is free');
          assert.ok(await reached());
        },
      );
      await isPassed(first);
      assert.equal((await personKeys.find([stranger])).get(stranger), 'destroyed');
    });

test('whoever proves the address while it gives way comes too late, or it does not give way', async () => {
  const late = await givenTwo(STRANGER);
  const proving = late.tellHalted(VerifyEmail.type, { person: stranger });
  await late.gate.reached;
  assert.equal(await late.tell(YieldRegistration.type, yielding), 'accepted');
  late.gate.letOn();
  assert.equal(await proving, 'account_not_active');
  await late.settled();
  await isPassed(late);

  const early = await givenTwo(STRANGER);
  const passing = early.tellHalted(YieldRegistration.type, yielding);
  await early.gate.reached;
  assert.equal(await early.tell(VerifyEmail.type, { person: stranger }), 'accepted');
  early.gate.letOn();
  assert.equal(await passing, 'login_in_use');
  await early.settled();
  assert.deepEqual((await early.typesOf(STRANGER)).slice(0, 2), ['AccountRegistered', 'EmailVerified']);
  assert.deepEqual(await early.typesOf(NEXT), ['LoginTaken']);
  assert.equal((await early.typesOf('account-p-1')).at(-1), 'EmailChangeAsked');
});

test('whoever registers anew while it gives way does not come between', async () => {
  const { tell, tellHalted, gate, settled, ...accounts } = await givenTwo(NEXT);
  const passing = tellHalted(YieldRegistration.type, yielding);
  await gate.reached;
  assert.equal(await tell(Register.type, registering('p-2', next)), 'login_in_use');
  const anew = { person: stranger, verifier: '$argon2id$v=19$other' };
  assert.equal(await tell('ReplaceRegistration', anew), 'account_not_active');
  gate.letOn();
  assert.equal(await passing, 'accepted');
  await settled();
  await isPassed(accounts);
  assert.deepEqual(await accounts.typesOf('account-p-2'), []);
});

test('of two who have proven it at once one has it, and the other keeps what they had', async () => {
  const accounts = await given();
  const { tell, typesOf } = accounts;
  await tell(Register.type, registering('p-2'));
  await tell(VerifyEmail.type, { person: 'p-2' });
  await tell(AskEmailChange.type, { person: 'p-2', login: next, email });
  const ask = (to: string) => tell(YieldRegistration.type, { ...yielding, to });
  assert.deepEqual(await Promise.all([ask(person), ask('p-2')]), ['accepted', 'login_in_use']);
  assert.equal(await tell(ClaimLogin.type, { login: next, person: 'p-2' }), 'login_in_use');
  await accounts.pipeline.drain();
  await isPassed(accounts);
  assert.equal((await typesOf('account-p-2')).at(-1), 'EmailChangeAsked');
});

test('whoever leaves before it is theirs lets it go, and it is not lost', async () => {
  const { tell, tellHalted, gate, settled, typesOf } = await givenTwo(NEXT);
  const passing = tellHalted(YieldRegistration.type, yielding);
  await gate.reached;
  assert.equal(await tell(EraseMe.type, { forGood: true }, self), 'accepted');
  gate.letOn();
  assert.equal(await passing, 'email_change_void');
  await until(async () => (await typesOf(NEXT)).length > PASSED.length, 'it is let go');
  assert.equal(await tell(Register.type, registering('p-2', next)), 'accepted');
  await settled();
  assert.deepEqual(await typesOf(NEXT), [...PASSED, 'LoginReleased', 'LoginTaken']);
});

test('both steps of a login are one append', async () => {
  const appends: string[][] = [];
  const { store } = givenAccounts();
  const watched: EventStore = {
    ...store,
    append: (stream, expected, events) => {
      if (stream === NEXT) appends.push(events.map(({ type }) => type));
      return store.append(stream, expected, events);
    },
  };
  const { tell } = await given({ store: watched });
  await tell(YieldRegistration.type, yielding);
  assert.deepEqual(appends, [['LoginTaken'], ['LoginReleased', 'LoginClaimed']]);
});
