import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatch, Envelope } from '#domain/kernel/envelope.ts';
import type { PaymentProvider } from '#domain/kernel/ports/payments.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { PayoutInitiated } from '#domain/wallets/payment/messages.ts';
import { paymentsGateway } from '#sagas/payments-gateway.ts';
import { MoneyWorld } from '#test/support/money-world.ts';

const world = new MoneyWorld();
const payout = PayoutInitiated({ paymentId: 'p', person: 'ann', currency: 'USD', amount: 5n });
const event = world.record(payout, 'payment-p', 0, 'InitiatePayout');
const { signal } = new AbortController();

const provider: PaymentProvider = {
  name: 'test',
  createTopUp: async () => ({ status: 'declined', why: 'no' }),
  submitPayout: async () => ({ status: 'submitted' }),
};
const accepting =
  (sent: Envelope[]): Dispatch =>
  async (envelope) => {
    sent.push(envelope);
    const { commandId } = envelope;
    return { outcome: 'accepted', commandId, stream: 'payment-p', position: 1n, events: [] };
  };
const refusing: Dispatch = async ({ commandId }) => ({
  outcome: 'rejected',
  commandId,
  rejection: Overloaded({ retryAfterMs: 1 }),
  position: undefined,
  events: [],
});

test('the answer is recorded under an id that derives from the event', async () => {
  const sent: Envelope[] = [];
  const gateway = paymentsGateway({ provider, dispatch: accepting(sent), registry: world.registry });
  await gateway.handle([event], signal);
  await gateway.handle([event], signal);
  assert.equal(new Set(sent.map(({ commandId }) => commandId)).size, 1);
  assert.deepEqual(sent[0]?.data, { paymentId: 'p', provider: 'test', answer: { status: 'submitted' } });
});

test('a provider or a write side that cannot answer now makes the batch come again', async () => {
  const down: PaymentProvider = { ...provider, submitPayout: () => Promise.reject(new Error('down')) };
  const { registry } = world;
  const unasked = paymentsGateway({ provider: down, dispatch: accepting([]), registry });
  const unrecorded = paymentsGateway({ provider, dispatch: refusing, registry });
  await assert.rejects(unasked.handle([event], signal), /down/);
  await assert.rejects(unrecorded.handle([event], signal), /overloaded/);
});
