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
import { BeginSelling, EndSelling } from '#domain/auctions/consignor/messages.ts';
import { KeepUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import {
  CloseWallet,
  CreditWallet,
  IncurDebt,
  OpenWallet,
  RequestTopUp,
  ReserveFunds,
} from '#domain/wallets/wallet/messages.ts';
import { door, givenAccounts, registering } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';

const pia = someone('p-1', 'bidder');
const whose = { person: 'p-1', currency: 'TND', movement: 'm1' };

const left = [
  {
    what: 'in a wallet',
    command: CreditWallet,
    data: { ...whose, amount: '5', reason: 'transfer' },
    by: door,
  },
  { what: 'owed by them', command: IncurDebt, data: { ...whose, amount: '5' }, by: door },
  {
    what: 'owed to them',
    command: KeepUnclaimed,
    data: { ...whose, amount: '5', reason: 'top_up' },
    by: door,
    /** Opened, their wallet would take it. */
    isTaken: false,
  },
  { what: 'on its way in', command: RequestTopUp, data: { amount: '500', currency: 'TND' }, by: pia },
];

for (const { what, command, data, by, isTaken = true } of left)
  test(`nobody is forgotten while money is ${what}`, async () => {
    const { tell, typesOf } = givenAccounts();
    await tell(Register.type, registering('p-1'));
    await tell(VerifyEmail.type, { person: 'p-1' });
    if (isTaken) await tell(OpenWallet.type, { currency: 'TND' }, pia);
    assert.equal(await tell(command.type, data, by), 'accepted');
    assert.equal(await tell(EraseMe.type, { forGood: true }, pia), 'money_left');
    assert.ok(!(await typesOf('account-p-1')).includes('PersonErased'));
  });

test('whoever is asked to erase somebody hears in which currencies there is money', async () => {
  const { tell, pipeline } = givenAccounts();
  await tell(Register.type, registering('p-1'));
  for (const currency of ['TND', 'EUR', 'USD']) await tell(OpenWallet.type, { currency }, pia);
  await tell(CreditWallet.type, { ...whose, amount: '5', reason: 'transfer' });
  await tell(KeepUnclaimed.type, { ...whose, currency: 'JPY', amount: '5', reason: 'top_up' });
  await tell(KeepUnclaimed.type, { ...whose, movement: 'm2', amount: '5', reason: 'top_up' });
  await tell(LockAccount.type, { person: 'p-1', cause: 'Asked.' }, someone('ada', 'admin'));
  const reply = await pipeline.dispatch({
    ...{ command: ErasePerson.type, data: { person: 'p-1', cause: 'asked' }, commandId: 'erase' },
    ...{ actor: someone('ada', 'admin'), steppedUp: true, origin: { channel: 'http' } },
  });
  const refused = reply.outcome === 'rejected' ? reply.rejection : assert.fail(reply.outcome);
  assert.deepEqual([refused.code, refused.details], ['money_left', { currencies: ['JPY', 'TND'] }]);
  assert.doesNotMatch(refused.message, /your/i, 'also an administrator reads it');
});

test('whoever leads in an auction does not leave: what they bid is held', async () => {
  const { tell } = givenAccounts();
  await tell(Register.type, registering('p-1'));
  await tell(VerifyEmail.type, { person: 'p-1' });
  await tell(OpenWallet.type, { currency: 'TND' }, pia);
  await tell(CreditWallet.type, { ...whose, amount: '500', reason: 'transfer' });
  const bid = { person: 'p-1', currency: 'TND', holdId: 'a1', claimId: 'b1', amount: '500', purpose: 'bid' };
  assert.equal(await tell(ReserveFunds.type, bid), 'accepted');
  assert.equal(await tell(CloseWallet.type, { currency: 'TND' }, pia), 'wallet_not_empty');
  for (const command of [EraseMe, CloseAccount])
    assert.equal(await tell(command.type, { forGood: true }, pia), 'money_left');
});

test('whoever sells does not leave, by their own hand or the house’s, until their last sale is over', async () => {
  const { tell } = givenAccounts({ contexts: registry.contexts, deciders, workflows, reactions });
  await tell(Register.type, registering('p-1'));
  await tell(VerifyEmail.type, { person: 'p-1' });
  const [l1, l2] = ['l1', 'l2'].map((lotId) => ({ person: 'p-1', lotId, auctionId: `of-${lotId}` }));
  assert.ok(l1 && l2);
  for (const lot of [l1, l2]) assert.equal(await tell(BeginSelling.type, lot), 'accepted');
  const erase = () => tell(ErasePerson.type, { person: 'p-1', cause: 'asked' }, someone('ada', 'admin'));
  await tell(LockAccount.type, { person: 'p-1', cause: 'Asked.' }, someone('ada', 'admin'));
  for (const lot of [l1, l2]) {
    for (const command of [EraseMe, CloseAccount])
      assert.equal(await tell(command.type, { forGood: true }, pia), 'sales_open');
    assert.equal(await erase(), 'sales_open');
    assert.equal(await tell(EndSelling.type, lot), 'accepted');
  }
  assert.equal(await erase(), 'accepted');
});

test('whoever has closed their account opens no wallet by a token of before', async () => {
  const { tell, typesOf } = givenAccounts();
  await tell(Register.type, registering('p-1'));
  await tell(VerifyEmail.type, { person: 'p-1' });
  assert.equal(await tell(CloseAccount.type, { forGood: true }, pia), 'accepted');
  assert.equal(await tell(OpenWallet.type, { currency: 'TND' }, pia), 'owner_gone');
  assert.deepEqual(await typesOf('wallet-p-1:TND'), []);
});

test('whose wallets are closed is forgotten, once, and others keep theirs; what comes later is owed by the id', async () => {
  const { tell, typesOf } = givenAccounts();
  await tell(Register.type, registering('p-1'));
  await tell(VerifyEmail.type, { person: 'p-1' });
  await tell(OpenWallet.type, { currency: 'TND' }, pia);
  const other = { ...whose, person: 'p-2', amount: '5', reason: 'top_up' };
  assert.equal(await tell(KeepUnclaimed.type, other), 'accepted');
  assert.equal(await tell(EraseMe.type, { forGood: true }, pia), 'wallets_open');
  assert.equal(await tell(CloseWallet.type, { currency: 'TND' }, pia), 'accepted');
  for (const _ of ['once', 'twice'])
    assert.equal(await tell(EraseMe.type, { forGood: true }, pia), 'accepted');
  const types = await typesOf('account-p-1');
  assert.deepEqual(
    [types.at(-1), types.filter((type) => type === 'PersonErased').length],
    ['PersonErased', 1],
  );
  assert.equal(await tell(OpenWallet.type, { currency: 'EUR' }, pia), 'erased', 'by whatever token');
  const late = { ...whose, movement: 'm2', amount: '7', reason: 'sale' };
  await tell(CreditWallet.type, late);
  assert.deepEqual(await typesOf('unclaimed-p-1:TND'), ['MoneyUnclaimed']);
  const stranger = someone('p-2', 'bidder');
  assert.equal(await tell(CloseWallet.type, { currency: 'TND' }, stranger), 'wallet_not_open');
  assert.equal(await tell(EraseMe.type, { forGood: true }, stranger), 'account_unknown');
});
