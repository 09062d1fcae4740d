import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LotSold } from '#domain/auctions/auction/messages.ts';
import { EndSelling } from '#domain/auctions/consignor/messages.ts';
import type { EventOf } from '#domain/kernel/message.ts';
import type { Answer } from '#domain/kernel/saga.ts';
import { settlement } from '#sagas/auctions/settlement.ts';
import { stepping } from '#test/support/given.ts';

const sold: EventOf<typeof LotSold>['data'] = {
  ...{ auctionId: 'a1', lotId: 'l1', seller: 'sam', winner: 'ann', winningBidId: 'b1', currency: 'USD' },
  ...{ hammer: 100_00n, premium: 20_00n, commission: 15_00n, settlement: 'm1' },
};
type Said = readonly [type: string, amount: bigint];
const said = (events: readonly Said[]): Answer['events'] =>
  events.map(([type, amount]) => ({ type, data: { amount } }));
const yes = (...events: readonly Said[]): Answer => ({ outcome: 'accepted', events: said(events) });
const no = (code: string, ...events: readonly Said[]): Answer => ({
  outcome: 'rejected',
  rejection: { rejected: true, code, message: 'No.', details: {} },
  events: said(events),
});

/** Runs the saga; each command it sends is answered by its purpose, and told as `purpose command amount`. */
function run(over: Partial<typeof sold>, answers: Readonly<Record<string, Answer>> = {}): readonly string[] {
  const told: string[] = [];
  const instance = stepping(settlement);
  let step = instance.event({ type: 'LotSold', data: { ...sold, ...over } });
  while (step !== undefined) {
    const [send] = step.sends ?? [];
    if (send === undefined) break;
    const data = send.command.data as {
      readonly amount?: bigint;
      readonly account?: string;
      readonly paidTo?: string;
      readonly debtPaid?: bigint;
    };
    const what = [data.account, data.amount, data.paidTo, data.debtPaid].filter((each) => each !== undefined);
    told.push([send.purpose, send.command.command, ...what].join(' '));
    if (step.done === true) break;
    const purpose = send.purpose ?? '';
    step = instance.answer(purpose, answers[purpose] ?? yes());
  }
  return told;
}

test('capture, pay the seller, pay the house, settled', () => {
  assert.deepEqual(run({}), [
    'capture CaptureHold 12000',
    'proceeds CreditWallet 8500',
    'fees CreditPlatform fees 3500',
    'settle SettleLot seller',
  ]);
});

const credited: Said = ['FundsCredited', 85_00n];
const refused = (amount: bigint): Said => ['CreditRefused', amount];
const debt = (amount: bigint): Said => ['DebtPaid', amount];
const ends: readonly (readonly [what: string, answer: Answer, sends: readonly string[]])[] = [
  ['into the wallet', yes(credited), ['settle SettleLot seller 0']],
  ['into the wallet, where a debt takes a part', yes(credited, debt(5_00n)), ['settle SettleLot seller 500']],
  ['into the wallet, where a debt takes all', yes(credited, debt(85_00n)), ['settle SettleLot seller 8500']],
  ['to a debt of a closed wallet', yes(debt(85_00n)), ['settle SettleLot seller 8500']],
  [
    'kept, because no wallet takes them',
    no('wallet_not_open', refused(85_00n)),
    ['keep KeepUnclaimed 8500', 'settle SettleLot unclaimed 0'],
  ],
  [
    'kept, but for what a debt took',
    no('wallet_not_open', debt(5_00n), refused(80_00n)),
    ['keep KeepUnclaimed 8000', 'settle SettleLot unclaimed 500'],
  ],
  // The wallet remembers that it said so, and no more.
  ['kept long before', no('credit_over'), ['settle SettleLot unclaimed']],
];
for (const [what, answer, sends] of ends)
  test(`a settlement says what became of the proceeds, once it is so: ${what}`, () => {
    const told = run({}, { proceeds: answer });
    assert.deepEqual(
      told.filter((each) => !/^(capture|proceeds|fees)/.test(each)),
      sends,
    );
    assert.equal(told.at(-1), sends.at(-1));
  });

test('nothing is moved where there is nothing to move', () => {
  assert.deepEqual(run({ premium: 0n, commission: 0n }), [
    'capture CaptureHold 10000',
    'proceeds CreditWallet 10000',
    'settle SettleLot seller',
  ]);
  assert.deepEqual(run({ commission: 100_00n }), [
    'capture CaptureHold 12000',
    'fees CreditPlatform fees 12000',
    'settle SettleLot seller',
  ]);
});

test('a no without a way around it stops the settlement, visibly', () => {
  assert.deepEqual(run({}, { capture: no('hold_unknown') }), [
    'capture CaptureHold 12000',
    'stop StopSettlement',
  ]);
});

test('a seller is kept until the sale is settled, or waits for somebody to look', () => {
  const stages = { settled: {}, stopped: { capture: no('hold_unknown') } };
  for (const [what, answers] of Object.entries(stages)) {
    const instance = stepping(settlement);
    let step = instance.event({ type: 'LotSold', data: sold });
    const ends: unknown[] = [];
    while (step !== undefined) {
      const sends = step.sends ?? [];
      ends.push(...sends.filter(({ command }) => command.command === EndSelling.type));
      const { purpose = '' } = sends[0] ?? {};
      assert.equal(ends.length, step.done === true ? 1 : 0, what);
      if (step.done === true) break;
      step = instance.answer(purpose, (answers as Readonly<Record<string, Answer>>)[purpose] ?? yes());
    }
    const { seller: person, lotId, auctionId } = sold;
    assert.deepEqual(ends, [{ command: EndSelling({ person, lotId, auctionId }), purpose: 'over' }]);
  }
});
