import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LotSold } from '#domain/auctions/auction/messages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { EventOf } from '#domain/kernel/message.ts';
import type { Answer } from '#domain/kernel/saga.ts';
import { settlement } from '#sagas/settlement.ts';
import { NOW } from '#test/support/auctions.ts';

const sold: EventOf<typeof LotSold>['data'] = {
  ...{ auctionId: 'a1', lotId: 'l1', seller: 'sam', winner: 'ann', winningBidId: 'b1', currency: 'USD' },
  ...{ hammer: 100_00n, premium: 20_00n, commission: 15_00n, settlement: 'm1' },
};
const recorded = (data: object): RecordedEvent => ({
  ...{
    eventId: 'e1',
    type: 'LotSold',
    stream: 'auction-a1',
    revision: 9,
    position: 90n,
    recordedAt: NOW,
    data,
  },
  metadata: {
    ...{
      version: 1,
      occurredAt: NOW,
      actor: systemActor('test').id,
      roles: ['system'],
      command: 'DropHammer',
    },
    ...{
      commandId: 'c1',
      payload: 'p1',
      correlationId: 'c1',
      causationId: 'c1',
      origin: { channel: 'reaction' },
    },
  },
});
const yes: Answer = { outcome: 'accepted', events: [] };
const no = (code: string): Answer => ({
  outcome: 'rejected',
  rejection: { rejected: true, code, message: 'No.', details: {} },
});

/** Runs the saga; each command it sends is answered by its purpose, and told as `purpose command amount`. */
function run(over: Partial<typeof sold>, answers: Readonly<Record<string, Answer>> = {}): readonly string[] {
  const told: string[] = [];
  let step = settlement.onEvent(settlement.initial, recorded({ ...sold, ...over }));
  while (step !== undefined) {
    const [send] = step.sends ?? [];
    if (send === undefined) break;
    const data = send.command.data as {
      readonly amount?: bigint;
      readonly account?: string;
      paidTo?: string;
    };
    const what = [data.account, data.amount, data.paidTo].filter((each) => each !== undefined);
    told.push([send.purpose, send.command.command, ...what].join(' '));
    if (step.done === true) break;
    const purpose = send.purpose ?? '';
    step = settlement.onAnswer(step.state, purpose, answers[purpose] ?? yes, NOW);
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

test('proceeds that the seller’s wallet cannot take are owed to the seller', () => {
  assert.deepEqual(run({}, { proceeds: no('wallet_not_open') }), [
    'capture CaptureHold 12000',
    'proceeds CreditWallet 8500',
    'fees CreditPlatform fees 3500',
    'settle SettleLot unclaimed',
  ]);
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
