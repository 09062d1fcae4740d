import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { account } from '#domain/accounts/account/decider.ts';
import * as a from '#domain/accounts/account/messages.ts';
import { UNPROVEN_MS } from '#domain/accounts/account/unproven.ts';
import { links } from '#domain/accounts/links.ts';
import { Register } from '#domain/accounts/login/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import type { EventOf, NewEvent } from '#domain/kernel/message.ts';
import { registrationExpiry } from '#sagas/accounts/registration-expiry.ts';
import {
  givenAccounts,
  loginNamed,
  registering,
  registrationOf,
  sealedText,
  whileFollowing,
} from '#test/support/accounts.ts';
import { NOW, recorded, stepping } from '#test/support/given.ts';
import { halting } from '#test/support/halting-store.ts';
import { someone } from '#test/support/platform.ts';

const person = 'p-1';
const p = { person };
const data = registrationOf(person);
const { login, email } = data;
const cause = sealedText(person, 'cause');
const until = later(NOW, UNPROVEN_MS);
const [LOGIN, ACCOUNT] = [`login-${login}`, 'account-p-1'];
const registered = a.AccountRegistered(data);
const expiring = { ...p, until };

test('an account that nobody proves is ended when its time is over, and asked about again where that is refused', () => {
  assert.equal(registrationExpiry.instanceOf(recorded(registered)), person);
  const instance = stepping(registrationExpiry);
  assert.deepEqual(instance.event(registered)?.timers, [{ name: 'expiry', at: until }]);
  const [sent] = instance.timer('expiry')?.sends ?? [];
  assert.deepEqual([sent?.command, sent?.purpose], [a.ExpireRegistration(expiring), 'expire']);
  const refused = {
    outcome: 'rejected',
    rejection: a.MoneyLeft({ currencies: ['EUR'] }),
    events: [],
  } as const;
  const again = [{ name: 'expiry', at: later(until, UNPROVEN_MS) }];
  assert.deepEqual(instance.answer('expire', refused, until)?.timers, again);
  assert.equal(instance.answer('expire', { outcome: 'accepted', events: [] }), undefined);
});

for (const event of [a.EmailVerified(p), a.PersonErased({ ...p, login })])
  test(`nothing is waited for behind ${event.type}`, () => {
    const instance = stepping(registrationExpiry);
    instance.event(registered);
    const over = instance.event(event);
    assert.deepEqual([over?.done, over?.cancels], [true, ['expiry']]);
    assert.equal(stepping(registrationExpiry).event(event), undefined);
  });

/** What gives time, and how much, in milliseconds. */
const giving: readonly (readonly [NewEvent, number])[] = [
  [a.RegistrationReplaced(data), UNPROVEN_MS],
  [a.AccountUnlocked({ ...p, by: 'ada', cause }), UNPROVEN_MS],
  [a.VerificationAsked({ ...p, login, email }), links.verify.lastsMs],
  [a.PasswordResetAsked({ ...p, since: 'e1', email }), links.reset.lastsMs],
  [a.EmailChangeAsked({ ...p, login: loginNamed('next'), email }), links.email.lastsMs],
];
for (const [event, givenMs] of giving)
  test(`${event.type} gives time, as the account itself reckons it, and takes none`, () => {
    for (const at of [later(until, -1), later(NOW, 1)]) {
      const step = registrationExpiry.onEvent(expiring, recorded(event, {}, { occurredAt: at }));
      const folded = [registered, event].reduce(
        (state, each, place) =>
          account.evolve(state, each as EventOf<(typeof a.events)[number]>, {
            ...{ position: undefined, actor: person, occurredAt: place === 0 ? NOW : at },
          }),
        account.initial,
      );
      const given = later(at, givenMs);
      const expected = given > until ? given : until;
      assert.deepEqual(step?.timers, [{ name: 'expiry', at: expected }]);
      assert.equal(folded.phase === 'active' && folded.unprovenUntil, expected);
    }
  });

test('what the house has locked is not ended before it is let in again, at whichever moment that is', () => {
  const instance = stepping(registrationExpiry);
  instance.event(registered);
  assert.deepEqual(instance.event(a.AccountLocked({ ...p, by: 'ada', cause }))?.cancels, ['expiry']);
  const unlocked = instance.event(a.AccountUnlocked({ ...p, by: 'ada', cause }));
  assert.deepEqual(unlocked?.timers, [{ name: 'expiry', at: until }]);
});

async function given(options: Parameters<typeof givenAccounts>[0] = {}) {
  const accounts = givenAccounts(options);
  assert.equal(await accounts.tell(Register.type, registering(person)), 'accepted');
  accounts.clock.advanceTo(until);
  return accounts;
}

test('whoever proves the address while its time ends comes too late, or it does not end', async () => {
  const orders = [
    [a.VerifyEmail, p, a.ExpireRegistration, expiring, 'account_not_active', 'PersonErased'],
    [a.ExpireRegistration, expiring, a.VerifyEmail, p, 'accepted', 'RoleGranted'],
  ] as const;
  for (const [first, asked, second, besides, told, last] of orders) {
    const accounts = await given();
    const gate = halting(accounts.store, ACCOUNT);
    const { personKeys, clock } = accounts;
    const other = givenAccounts({ store: gate.store, personKeys, clock, seed: 2 });
    const halted = other.tell(first.type, asked, undefined, 'halted');
    await gate.reached;
    assert.equal(await accounts.tell(second.type, besides), 'accepted');
    gate.letOn();
    assert.equal(await halted, told);
    await Promise.all([accounts.pipeline.drain(), other.pipeline.drain()]);
    assert.equal((await accounts.typesOf(ACCOUNT)).at(-1), last);
    const isFree = (await accounts.typesOf(LOGIN)).includes('LoginReleased');
    assert.equal(isFree, last === 'PersonErased');
  }
});

test('nothing ends that has money, and nothing is read of what is whose of whoever is proven', async () => {
  const { tell, typesOf } = await given();
  await tell('OpenWallet', { currency: 'TND' }, someone(person, 'bidder'));
  await tell('CreditWallet', { ...p, currency: 'TND', amount: '5', movement: 'm1', reason: 'transfer' });
  assert.equal(await tell(a.ExpireRegistration.type, expiring), 'money_left');
  assert.deepEqual(await typesOf(ACCOUNT), ['AccountRegistered']);

  const proven = await given();
  await proven.tell(a.VerifyEmail.type, p);
  const read: string[] = [];
  const store = {
    ...proven.store,
    readStream: (...asked: Parameters<typeof proven.store.readStream>) => {
      read.push(asked[0]);
      return proven.store.readStream(...asked);
    },
  };
  const { personKeys, clock } = proven;
  const other = givenAccounts({ store, personKeys, clock, seed: 2 });
  assert.equal(await other.tell(a.ExpireRegistration.type, expiring), 'accepted');
  assert.deepEqual([...new Set(read)], [ACCOUNT]);
  assert.equal((await proven.typesOf(ACCOUNT)).at(-1), 'RoleGranted');
});

test('an end whose process is killed behind it frees the login and destroys the key all the same', async () => {
  const first = await given();
  const { store, personKeys, clock, typesOf } = first;
  const second = givenAccounts({ reactions: [], store, personKeys, clock, seed: 2 });
  assert.equal(await second.tell(a.ExpireRegistration.type, expiring), 'accepted');
  assert.deepEqual(await typesOf(LOGIN), ['LoginTaken'], 'the write side died here');
  const { consumers } = memoryStores().readStore;
  await whileFollowing(
    first,
    { consumers, personKeys, dispatch: second.pipeline.dispatch },
    async (reached) => {
      assert.ok(await reached());
    },
  );
  assert.deepEqual(await typesOf(LOGIN), ['LoginTaken', 'LoginReleased']);
  assert.equal((await personKeys.find([person])).get(person), 'destroyed');
});
