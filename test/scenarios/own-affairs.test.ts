import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import {
  ErasePerson,
  GrantRole,
  LockAccount,
  ResetFactors,
  UnlockAccount,
  WithdrawRole,
} from '#domain/accounts/account/messages.ts';
import { RemoveClient, RenameClient } from '#domain/accounts/client/messages.ts';
import { ChangeProfile, CreateProfile } from '#domain/accounts/profile/messages.ts';
import { CancelAuction, OpenAuction } from '#domain/auctions/auction/messages.ts';
import { AmendLot, ConsignLot, ScheduleAuction, WithdrawLot } from '#domain/auctions/lot/messages.ts';
import { CancelSale, CloseSale, PublishSale, ScheduleSale } from '#domain/auctions/sale/messages.ts';
import type { Actor, Role } from '#domain/kernel/actor.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Command } from '#domain/kernel/message.ts';
import { HandleNotice } from '#domain/wallets/notice/messages.ts';
import { DischargeUnclaimed, PayOutUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import { CloseWallet, Transfer, Withdraw, WriteOffDebt } from '#domain/wallets/wallet/messages.ts';
import { terms } from '#test/support/auctions.ts';
import { person } from '#test/support/given.ts';
import { ownAffairs } from '#test/support/own-affairs.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  opensAt,
  otto,
  refusedWith,
  type Saleroom,
  sam,
  textIn,
  usd,
} from '#test/support/saleroom.ts';

// Sam sells, and has the tokens of staff besides: in the running platform he decides nothing of his own for it, and keeps what every
// seller may do.

const currency = 'USD';
const clerkSam = person(sam.id, ['clerk']);
const lotOf = (lotId: string) => ({
  ...{ lotId, title: terms.title, description: '', categories: [], pictures: [] },
  ...{ estimateLow: usd(1_00n), estimateHigh: usd(90_00n), openingBid: usd(1_00n) },
});
const saleOf = (saleId: string) =>
  ScheduleSale({
    ...{ saleId, title: 'Watches', description: '', currency, ladderVersion: 1 },
    ...{ premium: [{ rateBasisPoints: 1_000 }], commission: [{ rateBasisPoints: 0 }] },
  });

const cancelA1 = CancelAuction({ auctionId: 'a1', cause: 'Too cheap.' });
const laterOn = { opensAt: later(opensAt, 3_600_000), endsAt };
const schedule = (saleId: string) => ScheduleAuction({ auctionId: 'a2', lotId: 'l2', saleId, ...laterOn });

/** Sam pays in and passes it on, and his bank takes it back. Resolves with the payment's id. */
async function chargedBack(room: Saleroom): Promise<string> {
  const { deployment } = room;
  const paymentId = await room.beginTopUp(sam, 100_00n);
  await room.confirmTopUps();
  await deployment.done(Transfer({ to: bob.id, amount: 100_00n, currency }), sam);
  const back = { noticeId: 'back', paymentId, outcome: 'top_up_charged_back', amount: 100_00n } as const;
  assert.equal(await deployment.tell({ ...back, currency }), true);
  await deployment.settle();
  return paymentId;
}

/** Sam has an account, with the address verified. */
const registered = (room: Saleroom): Promise<void> => room.register(sam);
const profile = CreateProfile.schema.decode({ name: 'Sam', address: '1 Street' });
const system = { client: 'web', name: 'Web', grantTypes: ['authorization_code'], redirectUris: [] };
const ofSam = LockAccount.schema.decode({ person: sam.id, cause: 'Asked for.' });

/** What each command needs to be about something of Sam's, in a platform where the auction `a1` of his lot is open. */
const stories: Readonly<Record<keyof typeof ownAffairs, (room: Saleroom) => Promise<Command>>> = {
  async WriteOffDebt(room) {
    await chargedBack(room);
    return WriteOffDebt({ person: sam.id, currency, cause: 'too_small' });
  },
  async HandleNotice(room) {
    const { deployment } = room;
    const paymentId = await chargedBack(room);
    // In another currency than the payment: somebody has to look at it.
    const odd = { noticeId: 'odd', paymentId, outcome: 'top_up_charged_back', amount: 1_00n } as const;
    assert.equal(await deployment.tell({ ...odd, currency: 'EUR' }), true);
    await deployment.settle();
    const kept = (await deployment.everything()).find(({ type }) => type === 'NoticeKept');
    return HandleNotice({ waitingId: textIn(kept?.data, 'waitingId'), resolution: 'no_action' });
  },
  async CancelAuction(room) {
    assert.equal(
      refusedWith(await room.deployment.send(cancelA1, person(sam.id, ['auctioneer']))),
      'own_affair',
    );
    await room.bid(ann, 20_00n);
    return cancelA1;
  },
  CloseSale: async () => CloseSale({ saleId: 's1' }),
  CancelSale: async () => CancelSale({ saleId: 's1', cause: 'Too cheap.' }),
  async ScheduleAuction({ deployment }) {
    await deployment.done(saleOf('s2'), clerkSam);
    await deployment.done(PublishSale({ saleId: 's2' }), otto);
    await deployment.done(ConsignLot(lotOf('l2')), sam);
    return schedule('s2');
  },
  async PayOutUnclaimed(room) {
    await room.deployment.done(CloseWallet({ currency }), sam);
    await room.bid(ann, 20_00n);
    await room.deployment.advanceTo(endsAt);
    return PayOutUnclaimed({ person: sam.id, currency });
  },
  async DischargeUnclaimed(room) {
    await registered(room);
    await room.deployment.advanceTo(endsAt);
    const amount = 100_00n;
    await room.beginTopUp(sam, amount);
    await room.confirmTopUps();
    await room.deployment.done(Withdraw({ amount, currency }), sam);
    await room.deployment.settle();
    await room.deployment.done(CloseWallet({ currency }), sam);
    await room.deployment.done(LockAccount(ofSam), person(otto.id, ['admin']));
    await room.deployment.done(ErasePerson({ person: sam.id, cause: 'asked' }), person(otto.id, ['admin']));
    await room.returnPayout(amount);
    return DischargeUnclaimed({ person: sam.id, currency, amount, how: 'seized', reference: '2026/1' });
  },
  async OpenAuction({ deployment }) {
    await deployment.done(ConsignLot(lotOf('l2')), sam);
    await deployment.done(schedule('s1'), clerkSam);
    return OpenAuction({ auctionId: 'a2' });
  },
  async LockAccount(room) {
    await registered(room);
    return LockAccount(ofSam);
  },
  async UnlockAccount(room) {
    await registered(room);
    await room.deployment.done(LockAccount(ofSam), person(otto.id, ['admin']));
    return UnlockAccount(ofSam);
  },
  async ResetFactors(room) {
    await registered(room);
    await room.said('EnrolTotp', { person: sam.id, secret: 'JBSWY3DPEHPK3PXP' });
    return ResetFactors(ofSam);
  },
  async ErasePerson(room) {
    await registered(room);
    // Nothing of his is being sold any more.
    await room.deployment.advanceTo(endsAt);
    await room.deployment.done(CloseWallet({ currency }), sam);
    await room.deployment.done(LockAccount(ofSam), person(otto.id, ['admin']));
    return ErasePerson({ person: sam.id, cause: 'asked' });
  },
  async GrantRole(room) {
    await registered(room);
    for (const role of ['bidder', 'seller'] as const)
      await room.deployment.done(WithdrawRole({ person: sam.id, role }), person(otto.id, ['admin']));
    return GrantRole({ person: sam.id, role: 'clerk' });
  },
  async WithdrawRole(room) {
    await registered(room);
    return WithdrawRole({ person: sam.id, role: 'seller' });
  },
  async RenameClient(room) {
    await room.said('RegisterClient', { ...system, by: sam.id });
    return RenameClient({ client: 'web', name: 'The web' });
  },
  async RemoveClient(room) {
    await room.said('RegisterClient', { ...system, by: sam.id });
    return RemoveClient({ client: 'web' });
  },
  async CreateProfile(room) {
    await registered(room);
    return CreateProfile(profile);
  },
  async ChangeProfile(room) {
    await registered(room);
    await room.deployment.done(CreateProfile(profile), sam);
    return ChangeProfile(profile);
  },
  ConsignLot: async () => ConsignLot({ ...lotOf('l2'), consignor: sam.id }),
  async AmendLot({ deployment }) {
    await deployment.done(ConsignLot(lotOf('l2')), sam);
    return AmendLot({ ...lotOf('l2'), reserve: usd(50_00n) });
  },
  async WithdrawLot({ deployment }) {
    await deployment.done(ConsignLot(lotOf('l2')), sam);
    return WithdrawLot({ lotId: 'l2', cause: 'Kept after all.' });
  },
  ScheduleSale: async () => saleOf('s2'),
  async PublishSale({ deployment }) {
    await deployment.done(saleOf('s2'), clerkSam);
    return PublishSale({ saleId: 's2' });
  },
};

function rolesFor(type: string): readonly Role[] {
  const from = registry.commands.get(type)?.command.from;
  assert.ok(from !== undefined && from !== 'internal');
  return from === 'member' ? [] : from;
}

/** Sam under every role that may send the command, alone and beside those that he has anyhow; and a system that he has the secret of. */
function tokensFor(type: string): readonly Actor[] {
  const roles = rolesFor(type);
  const kept = (role: Role): Actor => ({ ...person('client.scales', [role]), keepers: ['ada', sam.id] });
  return [
    ...roles.flatMap((role) => [person(sam.id, [role]), person(sam.id, [role, 'seller', 'bidder'])]),
    // Who sells sells what is theirs, a system too: nothing of another's is its own.
    ...roles.filter((role) => role !== 'seller').map(kept),
  ];
}

for (const [type, story] of Object.entries(stories)) {
  const decision = ownAffairs[type as keyof typeof ownAffairs];
  if (decision === 'refused')
    test(`${type} is refused to whoever has an interest in it, under any role and by any system of theirs, and done by others`, async (t) => {
      const room = await givenOpenAuction(t);
      const { deployment } = room;
      const command = await story(room);
      // What follows from the story is no answer to what is asked now.
      await deployment.settle();
      const before = await deployment.store.head();
      for (const token of tokensFor(type))
        for (const process of [deployment.process, await deployment.beside()])
          assert.equal(refusedWith(await process.send(command, token)), 'own_affair', token.roles.join());
      assert.equal(await deployment.store.head(), before, 'nothing was recorded');
      await deployment.done(command, person(otto.id, rolesFor(type)));
      await deployment.settle();
      await room.audited();
    });
  else
    test(`${type} is done for oneself: ${decision.allowed}`, async (t) => {
      const room = await givenOpenAuction(t);
      const command = await story(room);
      const roles = rolesFor(type);
      await room.deployment.done(command, roles.includes('clerk') ? clerkSam : person(sam.id, roles));
      await room.deployment.settle();
      await room.audited();
    });
}
