import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Command, NewEvent } from '#domain/kernel/message.ts';
import { AssignUnallocated, CreditPlatform } from '#domain/wallets/platform/messages.ts';
import { unclaimed } from '#domain/wallets/unclaimed/decider.ts';
import {
  ClaimMoney,
  DischargeUnclaimed,
  KeepUnclaimed,
  MoneyUnclaimed,
  OwnerStays,
  PayOutUnclaimed,
  ReleaseUnclaimed,
  UnclaimedDischarged,
} from '#domain/wallets/unclaimed/messages.ts';
import type { CreditRefused } from '#domain/wallets/wallet/messages.ts';
import { unclaimedMoney } from '#sagas/wallets/unclaimed.ts';
import { decideOn, eventsOf, lineOf, person } from '#test/support/given.ts';
import { MoneyWorld } from '#test/support/money-world.ts';

const currency = 'USD';
const ann = { person: 'ann', currency };
const keep = (amount: bigint, movement = 'm') =>
  KeepUnclaimed({ ...ann, amount, movement, reason: 'sale_proceeds' });
const owed = (amount: bigint) => eventsOf(decideOn(unclaimed, [], keep(amount)));

const line = (history: readonly NewEvent[], command: Command): string =>
  lineOf(
    decideOn(unclaimed, history, command),
    ({ type, data }) => `${type} ${(data as { balance: bigint }).balance}`,
  );

test('money is owed once for its movement and reason, to one person', () => {
  const [event] = owed(5n);
  assert.deepEqual(
    event,
    MoneyUnclaimed({
      ...{ ...ann, amount: 5n, movement: 'm', reason: 'sale_proceeds', balance: 5n },
      postings: [
        { account: 'clearing:m:USD', amount: -5n },
        { account: 'unclaimed:ann:USD', amount: 5n },
      ],
    }),
  );
  assert.equal(line(owed(5n), keep(5n)), '');
  assert.equal(line(owed(5n), keep(5n, 'n')), 'MoneyUnclaimed 10');
});

test('its owner, staff and the opening of a wallet pay it out, by a movement of its own', () => {
  const [paid] = eventsOf(decideOn(unclaimed, owed(5n), ClaimMoney({ currency }), { id: 'p' }));
  assert.deepEqual((paid as { data: { postings?: unknown } }).data.postings, [
    { account: 'unclaimed:ann:USD', amount: -5n },
    { account: 'clearing:p:USD', amount: 5n },
  ]);
  assert.equal(line(owed(5n), PayOutUnclaimed({ ...ann, amount: 2n })), 'UnclaimedPaidOut 3');
  assert.equal(line(owed(5n), PayOutUnclaimed({ ...ann, amount: 6n })), 'nothing_unclaimed');
  assert.equal(line([], ClaimMoney({ currency })), 'nothing_unclaimed');
  assert.equal(line(owed(5n), ReleaseUnclaimed(ann)), 'UnclaimedPaidOut 0');
  assert.equal(line([], ReleaseUnclaimed(ann)), '');
});

const discharge = (amount: bigint) =>
  DischargeUnclaimed({ ...ann, amount, how: 'paid_to_claimant', reference: '2026/7' });

test('what is owed to who has left goes outside, all of it and once, by the hand of another', () => {
  const by = person('ada', ['admin']);
  const sent = (amount: bigint, history = owed(5n), how: object = {}) =>
    decideOn(unclaimed, history, discharge(amount), { actor: by, precondition: {} as never, ...how });
  const [out] = eventsOf(sent(5n));
  assert.deepEqual(
    out,
    UnclaimedDischarged({
      ...{ ...ann, amount: 5n, how: 'paid_to_claimant', reference: '2026/7', balance: 0n },
      postings: [
        { account: 'unclaimed:ann:USD', amount: -5n },
        { account: 'outside:paid_to_claimant:USD', amount: 5n },
      ],
    }),
  );
  assert.ok(out);
  for (const other of [4n, 6n]) assert.equal(lineOf(sent(other)), 'unclaimed_differs');
  assert.equal(lineOf(sent(5n, [...owed(5n), out])), 'nothing_unclaimed');
  assert.equal(line([...owed(5n), out], keep(5n)), '', 'what has come once does not come again');
  assert.equal(line([...owed(5n), out], keep(7n, 'n')), 'MoneyUnclaimed 7');
  assert.equal(lineOf(sent(5n, owed(5n), { precondition: { refusal: OwnerStays({}) } })), 'owner_stays');
  for (const own of [person('ann', ['admin']), { ...by, keepers: ['ann'] }])
    for (const precondition of [{}, { refusal: OwnerStays({}) }])
      assert.equal(lineOf(sent(5n, owed(5n), { actor: own, precondition })), 'own_affair');
});

const system = systemActor('test');
const stored = { ...ann, amount: '7', movement: 'm', credit: 'transfer_returned' };
const no = { code: 'wallet_not_open', message: 'No.', details: {} };
/** A refusal as histories of before hold it. */
function refusedBefore(world: MoneyWorld): RecordedEvent {
  const now = { type: 'CreditRefused', data: { ...stored, keptAs: 'unclaimed', reason: no } };
  const data = registry.events.get('CreditRefused')?.schema.decode(now.data as never);
  const event = world.record(
    { type: 'CreditRefused', data: data as object },
    'wallet-ann:USD',
    0,
    'CreditWallet',
  );
  const { postings: _, ...old } = registry.encode(event) as Record<string, unknown>;
  delete old.keptAs;
  const { metadata, ...place } = event;
  return registry.decode({ ...place, data: old as never, metadata: { ...metadata, version: 1 } as never });
}

for (const moved of [true, false])
  test(`what was refused before and ${moved ? 'lies with the house' : 'is still in clearing'} gets its owner, by one event`, () => {
    const world = new MoneyWorld();
    const platform = CreditPlatform({
      ...{ account: 'unallocated', currency, amount: 7n, movement: 'm', reason: 'transfer' },
    });
    if (moved) world.send({ command: platform, by: system });
    const refused = refusedBefore(world);
    assert.equal((refused.data as ReturnType<typeof CreditRefused>['data']).keptAs, 'unallocated');
    const follow = (): void => {
      for (const { command } of unclaimedMoney.on(refused, [refused])) world.send({ command, by: system });
      for (let next = world.waiting.shift(); next !== undefined; next = world.waiting.shift())
        world.send(next);
    };
    assert.deepEqual(
      unclaimedMoney.on(refused, [refused]).map(({ command }) => command),
      [AssignUnallocated({ ...ann, amount: 7n, movement: 'm', reason: 'transfer' })],
    );
    follow();
    const assigned = () => world.history.filter(({ stream }) => !stream.startsWith('wallet-'));
    const walk = [...(moved ? ['PlatformCredited'] : []), 'UnallocatedAssigned', 'MoneyUnclaimed'];
    assert.deepEqual(
      assigned().map(({ type }) => type),
      walk,
    );
    const balances = new Map<string, bigint>();
    for (const { data } of assigned())
      for (const { account, amount } of (data as { postings: { account: string; amount: bigint }[] })
        .postings)
        balances.set(account, (balances.get(account) ?? 0n) + amount);
    assert.deepEqual(
      [
        balances.get('platform:unallocated:USD') ?? 0n,
        balances.get('unclaimed:ann:USD'),
        balances.get('clearing:m:USD'),
      ],
      [0n, 7n, -7n],
    );
    // Met again, and moved by a process of before that comes late, nothing happens twice.
    const before = world.history.length;
    follow();
    world.send({ command: platform, by: system });
    assert.equal(world.history.length, before);
  });

test('whose money it is cannot be said by anybody else', () => {
  assert.equal(ClaimMoney.streamOf({ currency }, person('bob')), 'unclaimed-bob:USD');
});
