import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallets } from '#compose/contexts/wallets.ts';
import type { Dispatch, Envelope } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { PaymentProvider } from '#domain/kernel/ports/payments.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { Internal, Overloaded } from '#domain/kernel/rejections.ts';
import { PayoutInitiated, TopUpInitiated } from '#domain/wallets/payment/messages.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { paymentsGateway } from '#sagas/wallets/payments-gateway.ts';
import { NOW, recorded } from '#test/support/given.ts';

const payout = PayoutInitiated({ paymentId: 'p', person: 'ann', currency: 'USD', amount: 5n });
const event = recorded(payout, { stream: 'payment-p' });
const { signal } = new AbortController();
const clock = simulatedClock({ start: NOW });
const around = { registry: registryOf([wallets.messages]), clock, machineClock: clock };

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
const refusingWith =
  (rejection: Rejection): Dispatch =>
  async ({ commandId }) => ({ outcome: 'rejected', commandId, rejection, position: undefined, events: [] });
const refusing = refusingWith(Overloaded({ retryAfterMs: 1 }));

test('the answer is recorded under an id that derives from the event', async () => {
  const sent: Envelope[] = [];
  const gateway = paymentsGateway({ ...around, provider, dispatch: accepting(sent) });
  await gateway.handle([event], signal);
  await gateway.handle([event], signal);
  assert.equal(new Set(sent.map(({ commandId }) => commandId)).size, 1);
  assert.deepEqual(sent[0]?.data, { paymentId: 'p', provider: 'test', answer: { status: 'submitted' } });
});

test('a provider or a write side that cannot answer now makes the batch come again', async () => {
  const down: PaymentProvider = { ...provider, submitPayout: () => Promise.reject(new Error('down')) };
  const unasked = paymentsGateway({ ...around, provider: down, dispatch: accepting([]) });
  const unrecorded = paymentsGateway({ ...around, provider, dispatch: refusing });
  await assert.rejects(unasked.handle([event], signal), /down/);
  await assert.rejects(unrecorded.handle([event], signal), /overloaded/);
});

const named = (paymentId: string) =>
  recorded(
    { ...payout, data: { ...payout.data, paymentId } },
    { eventId: paymentId, stream: `payment-${paymentId}` },
  );

test('a payment that gets no answer holds up none beside it, and these are asked for once', async () => {
  const asked: string[] = [];
  const deaf: PaymentProvider = {
    ...provider,
    submitPayout({ paymentId }) {
      asked.push(paymentId);
      return paymentId === 'p' ? Promise.reject(new Error('no')) : Promise.resolve({ status: 'submitted' });
    },
  };
  const sent: Envelope[] = [];
  const gateway = paymentsGateway({ ...around, provider: deaf, dispatch: accepting(sent) });
  const others = Array.from({ length: 20 }, (_, at) => `q${at}`);
  const events = [event, ...others.map(named)];
  await assert.rejects(gateway.handle(events, signal), /no/);
  await assert.rejects(gateway.handle(events, signal), /no/);
  assert.deepEqual(asked, ['p', ...others, 'p']);
  const answered = sent.map(({ data }) => (data as { readonly paymentId: string }).paymentId);
  assert.deepEqual(answered, others);
});

test('an answer that can never be recorded parks its payment alone, and those beside it go on', async () => {
  const sent: Envelope[] = [];
  const taking = accepting(sent);
  const broken = refusingWith(Internal({ reference: 'r1' }));
  const dispatch: Dispatch = (envelope) =>
    (JSON.stringify(envelope.data).includes('"p"') ? broken : taking)(envelope);
  const gateway = paymentsGateway({ ...around, provider, dispatch });
  const { failures } = await gateway.handle([event, named('q')], signal);
  assert.deepEqual(
    failures.map((failure) => [failure.key, failure.event.eventId]),
    [['payment-p', event.eventId]],
  );
  assert.match(failures[0]?.error.message ?? '', /to p is not recorded: internal .*r1/);
  assert.equal(sent.length, 1);
  // Tried again once it is mended, it is asked for and recorded like any other.
  const mended = paymentsGateway({ ...around, provider, dispatch: taking });
  assert.deepEqual(await mended.handle([event], signal), { writes: [], failures: [] });
  assert.equal(sent.length, 2);
});

test('an answer that fits no command parks its payment, too', async () => {
  const wordy: PaymentProvider = {
    ...provider,
    submitPayout: async () => ({ status: 'declined', why: 'no '.repeat(1_000) }),
  };
  const gateway = paymentsGateway({ ...around, provider: wordy, dispatch: accepting([]) });
  const { failures } = await gateway.handle([event], signal);
  assert.match(failures[0]?.error.message ?? '', /fits no RecordProviderAnswer/);
});

test('an answer that never comes is waited for so long, and then it is as if the provider had said nothing', async () => {
  const silent: PaymentProvider = { ...provider, submitPayout: () => new Promise(() => undefined) };
  const machineClock = simulatedClock({ start: NOW });
  const gateway = paymentsGateway({ ...around, machineClock, provider: silent, dispatch: accepting([]) });
  const handled = assert.rejects(gateway.handle([event], signal), /no answer of the provider/);
  const next = machineClock.next();
  assert.ok(next !== undefined);
  machineClock.advanceTo(next);
  await handled;
  assert.equal(machineClock.next(), undefined, 'nobody waits any more');
});

test('a payment in whose time to begin is over is not asked for, but ends', async () => {
  const terms = { paymentId: 't', person: 'ann', currency: 'USD', amount: 5n };
  const dated = TopUpInitiated({ ...terms, expiresAt: later(NOW, 1) });
  const sentAt = async (now: string, begun = dated): Promise<string | undefined> => {
    const sent: Envelope[] = [];
    const gateway = paymentsGateway({
      ...around,
      clock: { now: () => now },
      provider,
      dispatch: accepting(sent),
    });
    await gateway.handle([recorded(begun, { stream: 'payment-t' })], signal);
    return sent[0]?.command;
  };
  assert.equal(await sentAt(NOW), 'RecordProviderAnswer');
  assert.equal(await sentAt(later(NOW, 1)), 'ExpireTopUp');
  // The first say no time: they have a day.
  assert.equal(await sentAt(later(NOW, 86_400_000 - 1), TopUpInitiated(terms)), 'RecordProviderAnswer');
  assert.equal(await sentAt(later(NOW, 86_400_000), TopUpInitiated(terms)), 'ExpireTopUp');
});

test('a process that was paused while it asked, and its heir, ask under one id and record one answer', async () => {
  const asked: string[] = [];
  const wakes = Promise.withResolvers<void>();
  const sent: Envelope[] = [];
  const providerOf = (before: () => Promise<void>): PaymentProvider => ({
    ...provider,
    async submitPayout({ paymentId }) {
      asked.push(paymentId);
      await before();
      return { status: 'submitted' };
    },
  });
  const zombie = paymentsGateway({
    ...{ ...around, provider: providerOf(() => wakes.promise), dispatch: accepting(sent) },
  });
  const paused = zombie.handle([event], signal);
  const heir = paymentsGateway({
    ...around,
    provider: providerOf(async () => undefined),
    dispatch: accepting(sent),
  });
  await heir.handle([event], signal);
  wakes.resolve();
  await paused;
  assert.deepEqual(asked, ['p', 'p']);
  assert.equal(sent.length, 2);
  assert.equal(new Set(sent.map(({ commandId, data }) => JSON.stringify([commandId, data]))).size, 1);
});
