import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deciders, reactions, registry, workflows } from '#compose/contexts.ts';
import {
  CloseAccount,
  EraseMe,
  ErasePerson,
  LockAccount,
  VerifyEmail,
} from '#domain/accounts/account/messages.ts';
import { Register } from '#domain/accounts/login/messages.ts';
import { BeginSelling } from '#domain/auctions/consignor/messages.ts';
import { NoteDebt } from '#domain/wallets/debtor/messages.ts';
import { DischargeUnclaimed, KeepUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import {
  CreditWallet,
  EndClaim,
  IncurDebt,
  OpenWallet,
  ReserveFunds,
  WriteOffDebt,
} from '#domain/wallets/wallet/messages.ts';
import { judgement } from '#test/judge/judge.ts';
import { givenAccounts, registering } from '#test/support/accounts.ts';
import { halting } from '#test/support/halting-store.ts';
import { someone } from '#test/support/platform.ts';

// Somebody leaves and opens a wallet at once, each decided before the other is recorded: between both stands the store, whose appends to
// one stream wait until they are let on.

const pia = someone('p-1', 'bidder');
const ada = someone('ada', 'admin');
const clara = someone('clara', 'clerk');
const whose = { person: 'p-1', currency: 'TND' };
const ACCOUNT = 'account-p-1';
const WALLET = 'wallet-p-1:TND';

/** A person with an account, and two processes: appends of the second to a stream stand still. */
async function given(stream: string, options: Parameters<typeof givenAccounts>[0] = {}) {
  const first = givenAccounts(options);
  await first.tell(Register.type, registering('p-1'));
  await first.tell(VerifyEmail.type, { person: 'p-1' });
  const gate = halting(first.store, stream);
  const second = givenAccounts({ ...options, store: gate.store, personKeys: first.personKeys, seed: 2 });
  let sent = 0;
  return {
    ...first,
    gate,
    /** Sent to the process that is halted. */
    tellHalted: (command: string, data: object, actor = pia) =>
      second.tell(command, data, actor, `halted-${++sent}`),
    settled: () => Promise.all([first.pipeline.drain(), second.pipeline.drain()]),
  };
}

const ways = [
  { command: EraseMe.type, event: 'PersonErased' },
  { command: CloseAccount.type, event: 'AccountClosed' },
];

for (const { command, event } of ways) {
  test(`a wallet that is opened while ${command} is on its way is closed behind it`, async () => {
    const { tell, tellHalted, gate, settled, typesOf } = await given(ACCOUNT);
    const leaving = tellHalted(command, { forGood: true });
    await gate.reached;
    assert.equal(await tell(OpenWallet.type, { currency: 'TND' }, pia), 'accepted');
    gate.letOn();
    assert.equal(await leaving, 'accepted');
    await settled();
    assert.equal((await typesOf(ACCOUNT)).at(-1), event);
    assert.deepEqual(await typesOf(WALLET), ['WalletOpened', 'WalletClosed']);
  });

  test(`a wallet whose opening is on its way behind ${command} is closed at once`, async () => {
    const { tell, tellHalted, pipeline, gate, settled, typesOf } = await given(WALLET);
    const opening = tellHalted(OpenWallet.type, { currency: 'TND' });
    await gate.reached;
    assert.equal(await tell(command, { forGood: true }, pia), 'accepted');
    await pipeline.drain();
    gate.letOn();
    assert.equal(await opening, 'accepted');
    await settled();
    assert.deepEqual(await typesOf(WALLET), ['WalletOpened', 'WalletClosed']);
  });
}

test('money that came into such a wallet is owed to its owner, what is held there as soon as it is not', async () => {
  const { store, tell, tellHalted, gate, settled, typesOf, history } = await given(ACCOUNT);
  const leaving = tellHalted(EraseMe.type, { forGood: true });
  await gate.reached;
  await tell(OpenWallet.type, { currency: 'TND' }, pia);
  await tell(CreditWallet.type, { ...whose, amount: '500', movement: 'm1', reason: 'transfer' });
  const bid = { ...whose, holdId: 'h1', claimId: 'c1' };
  await tell(ReserveFunds.type, { ...bid, amount: '200', purpose: 'bid' });
  gate.letOn();
  assert.equal(await leaving, 'accepted');
  await settled();
  const later = givenAccounts({ store: gate.store, seed: 3 });
  await later.tell(EndClaim.type, { ...bid, reason: 'outbid' });
  await later.tell(CreditWallet.type, { ...whose, amount: '7', movement: 'm2', reason: 'sale_proceeds' });
  assert.deepEqual((await typesOf(WALLET)).slice(3), [
    ...['WalletClosed', 'MoneyLeftBehind', 'ClaimEnded', 'MoneyLeftBehind', 'CreditRefused'],
  ]);
  const owed = (await history('unclaimed-p-1:TND')).map(({ data }) => [data.amount, data.reason]);
  assert.deepEqual(owed, [
    ['300', 'left_behind'],
    ['200', 'left_behind'],
    ['7', 'sale_proceeds'],
  ]);
  // Credits and bids come from nowhere here, which is another matter.
  const judge = judgement();
  const { events } = await store.readAll({ limit: 100 });
  for (const { metadata, ...event } of events) judge.see({ ...event, metadata: { ...metadata } });
  assert.deepEqual(
    judge.problems().filter((problem) => !/clearing|never placed/.test(problem)),
    [],
  );
});

test('a wallet that has come to owe is closed when it owes no more', async () => {
  const { tell, tellHalted, gate, settled, typesOf } = await given(ACCOUNT);
  const leaving = tellHalted(EraseMe.type, { forGood: true });
  await gate.reached;
  await tell(OpenWallet.type, { currency: 'TND' }, pia);
  await tell(IncurDebt.type, { ...whose, amount: '500', movement: 'm1' });
  gate.letOn();
  assert.equal(await leaving, 'accepted');
  await settled();
  assert.deepEqual(await typesOf(WALLET), ['WalletOpened', 'DebtIncurred']);
  const later = givenAccounts({ store: gate.store, seed: 3 });
  await later.tell(WriteOffDebt.type, { ...whose, cause: 'uncollectable' }, clara);
  await later.pipeline.drain();
  assert.deepEqual((await typesOf(WALLET)).slice(2), ['DebtWrittenOff', 'WalletClosed']);
});

const owed = { ...whose, amount: '5', movement: 'm1', reason: 'transfer' };
const out = { ...whose, amount: '5', how: 'paid_to_claimant', reference: '2026/7' };

test('what is owed goes outside only behind its owner’s leaving, whoever sends it to whichever process', async () => {
  const { tell, tellHalted, gate, settled, typesOf } = await given(ACCOUNT);
  const leaving = tellHalted(CloseAccount.type, { forGood: true });
  await gate.reached;
  await tell(KeepUnclaimed.type, owed);
  assert.equal(
    await tell(DischargeUnclaimed.type, out, ada),
    'owner_stays',
    'it is not recorded that they leave',
  );
  gate.letOn();
  assert.equal(await leaving, 'accepted');
  await settled();
  const early = givenAccounts({ store: gate.store, seed: 5 });
  const part = { ...out, amount: '4' };
  assert.equal(await early.tell(DischargeUnclaimed.type, part, ada), 'unclaimed_differs');
  const later = givenAccounts({ store: gate.store, seed: 3 });
  await later.tell(IncurDebt.type, { ...whose, currency: 'EUR', amount: '9', movement: 'm2' });
  await later.pipeline.drain();
  const last = givenAccounts({ store: gate.store, seed: 4 });
  assert.equal(await early.tell(DischargeUnclaimed.type, out, ada), 'owner_owes', 'who owed nothing before');
  assert.equal(await last.tell(DischargeUnclaimed.type, out, ada), 'owner_owes');
  await last.tell(NoteDebt.type, { person: 'p-1', currency: 'EUR', owed: '0', nth: 2 });
  assert.equal(await last.tell(DischargeUnclaimed.type, out, ada), 'accepted');
  assert.deepEqual(await typesOf('unclaimed-p-1:TND'), ['MoneyUnclaimed', 'UnclaimedDischarged']);
});

test('whoever is locked, or has no account here, has not left: nothing of theirs goes outside', async () => {
  const { tell } = await given(ACCOUNT);
  await tell(LockAccount.type, { person: 'p-1', cause: 'asked' }, ada);
  for (const person of ['p-1', 'p-9']) {
    assert.equal(await tell(KeepUnclaimed.type, { ...owed, person }), 'accepted');
    assert.equal(await tell(DischargeUnclaimed.type, { ...out, person }, ada), 'owner_stays', person);
  }
});

test('who leaves in the moment in which a lot of theirs is offered is paid by the house', async () => {
  const all = { contexts: registry.contexts, deciders, workflows, reactions };
  const { tellHalted, gate, settled } = await given(ACCOUNT, all);
  const leaving = tellHalted(CloseAccount.type, { forGood: true });
  await gate.reached;
  const offering = givenAccounts({ ...all, store: gate.store, seed: 3 });
  const sale = { person: 'p-1', lotId: 'l1', auctionId: 'a1' };
  assert.equal(await offering.tell(BeginSelling.type, sale), 'accepted');
  gate.letOn();
  assert.equal(await leaving, 'accepted');
  await settled();
  const proceeds = { ...whose, amount: '5', movement: 'm1', reason: 'sale_proceeds' };
  await offering.tell(CreditWallet.type, proceeds);
  await offering.pipeline.drain();
  const { tell } = givenAccounts({ store: gate.store, seed: 4 });
  assert.equal(await tell(DischargeUnclaimed.type, out, ada), 'accepted');
});

test('what another part has come to meanwhile is not discharged', async () => {
  const { tell, tellHalted, gate, settled, history } = await given('unclaimed-p-1:TND');
  await tell(CloseAccount.type, { forGood: true }, pia);
  await tell(KeepUnclaimed.type, owed);
  const discharging = tellHalted(DischargeUnclaimed.type, out, ada);
  await gate.reached;
  await tell(KeepUnclaimed.type, { ...owed, movement: 'm2' });
  gate.letOn();
  assert.equal(await discharging, 'unclaimed_differs');
  assert.equal(await tell(DischargeUnclaimed.type, { ...out, amount: '10' }, ada), 'accepted');
  await settled();
  assert.equal((await history('unclaimed-p-1:TND')).at(-1)?.data.balance, '0');
});

test('the house need not have the empty wallets of whoever is locked closed by them first', async () => {
  const { tell, settled, typesOf } = await given(ACCOUNT);
  await tell(OpenWallet.type, { currency: 'TND' }, pia);
  await tell(LockAccount.type, { person: 'p-1', cause: 'asked' }, ada);
  const kept = { ...whose, amount: '5', movement: 'm1', reason: 'top_up' };
  await tell(CreditWallet.type, kept);
  const erase = () => tell(ErasePerson.type, { person: 'p-1', cause: 'asked' }, ada);
  assert.equal(await erase(), 'money_left');
  await tell(IncurDebt.type, { ...whose, amount: '5', movement: 'm2' });
  assert.equal(await erase(), 'accepted');
  await settled();
  assert.equal((await typesOf(WALLET)).at(-1), 'WalletClosed');
});
