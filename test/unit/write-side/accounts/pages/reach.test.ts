import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { Role } from '#domain/kernel/actor.ts';
import { reachOf } from '#write-side/accounts/pages/reach.ts';

/** Under which words of the page each command falls: what somebody allows is said before they allow it. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  own: ['EndSession', 'EndAllSessions'],
  profile: ['CreateProfile', 'ChangeProfile'],
  ownProven: ['CloseAccount', 'EraseMe'],
  bid: ['JoinAuction', 'PlaceBid'],
  money: ['OpenWallet', 'CloseWallet', 'RequestTopUp', 'ClaimMoney'],
  moneyProven: ['Transfer', 'Withdraw'],
  // The same are the work of the house where they have a role of it.
  sell: ['ConsignLot', 'AmendLot', 'WithdrawLot', 'ScheduleAuction', 'OpenAuction'],
  house: [
    ...['ConsignLot', 'AmendLot', 'WithdrawLot', 'ScheduleAuction', 'OpenAuction', 'ScheduleSale'],
    ...['PublishSale', 'CloseSale', 'WriteOffDebt', 'PayOutUnclaimed', 'HandleNotice'],
  ],
  lead: ['CancelSale', 'CancelAuction'],
  run: ['LockAccount'],
  runProven: [
    'UnlockAccount',
    'ResetFactors',
    'ErasePerson',
    'GrantRole',
    'WithdrawRole',
    'RenameClient',
    'RemoveClient',
    'DischargeUnclaimed',
  ],
};

test('whatever a token of somebody could do is said on the page where they allow it', () => {
  for (const { command } of registry.commands.values()) {
    const { type, from, stepUp } = command;
    if (from === 'internal') continue;
    for (const role of from === 'member' ? Role.exclude(['system']).options : from) {
      const { always, proven } = reachOf([role]);
      const words: readonly string[] = stepUp ? proven : always;
      assert.ok(
        words.some((name) => SAID[name]?.includes(type)),
        `${type} as ${role}`,
      );
    }
  }
});

test('nobody is told of more than their roles let them', () => {
  assert.deepEqual(reachOf([]), { always: ['own'], proven: ['ownProven'] });
  for (const role of Role.options) {
    const { always, proven } = reachOf([role]);
    for (const name of [...always, ...proven].filter((each) => SAID[each] !== undefined))
      for (const type of SAID[name] ?? []) {
        const from = registry.commands.get(type)?.command.from;
        assert.ok(from === 'member' || from?.includes(role), `${type} as ${role}`);
      }
  }
});
