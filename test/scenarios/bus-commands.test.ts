import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { commandsFromBus } from '#compose/bus-commands.ts';
import { readConfig } from '#config';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { afterwards } from '#engines/afterwards.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { joseSealing } from '#engines/sealing.ts';
import { joseVerifier } from '#engines/tokens/jose.ts';
import { turns } from '#runtime/turns.ts';
import { BusCustomer } from '#test/support/bus-commands.ts';
import { givenOpenAuction } from '#test/support/saleroom.ts';

// Bids over the bus, decided by the whole platform as compose/ wires it.

/** An odd number that nobody comes upon by chance. */
const MAXIMUM = '4711';
const bid = (idempotencyKey: string, amount: string = MAXIMUM) => ({
  ...{ command: 'PlaceBid', idempotencyKey },
  data: { auctionId: 'a1', maximum: { amount, currency: 'USD' } },
});

/** @param through what stands between the bus and the pipeline */
async function given(t: TestContext, through: (dispatch: Dispatch) => Dispatch = (dispatch) => dispatch) {
  const room = await givenOpenAuction(t);
  const { process } = room.deployment;
  const clock = systemClock();
  const bus = memoryBus({ clock });
  const customer = await BusCustomer.open(t, bus, 'annals');
  const trusted = { key: customer.signingKey, issuer: 'annals', audience: 'annals' };
  const tokens = await joseVerifier({ ...trusted, clock });
  const sealing = joseSealing(new Uint8Array(32));
  // Its tokens are of real time here.
  const engines = {
    ...{ ...process.engines, bus, sealing, tokens, simulated: undefined },
    claim: async () => undefined,
    claimAgain: async () => undefined,
  };
  const log = { info() {}, warn() {}, error: (_: object, message: string) => assert.fail(message) };
  const perPerson = turns({ atWork: 8, waiting: 1_000 }, afterwards);
  const taking = commandsFromBus(
    { engines, config: readConfig({}), log, perPerson },
    through(process.pipeline.dispatch),
  );
  t.after(() => taking.stop());
  await taking.joined;
  return {
    room,
    customer,
    process,
    taking,
    ann: await customer.token('ann'),
    bob: await customer.token('bob'),
  };
}

test('a bid over the bus is decided like any other, and nothing that leaves tells its maximum', async (t) => {
  let isBusy = true;
  const { room, customer, ann, bob, taking } = await given(t, (dispatch) => async (envelope) => {
    const turnedAway = isBusy && envelope.commandId === 'busy';
    isBusy &&= !turnedAway;
    const rejection = Overloaded({ retryAfterMs: 1 });
    const { commandId } = envelope;
    if (turnedAway) return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
    return dispatch(envelope);
  });
  await customer.send({ ...bid('first'), token: ann });
  const { outcome, leads, decision } = await customer.reply('first');
  assert.deepEqual([outcome, leads], ['accepted', true]);
  assert.match(JSON.stringify(decision), /"type":"BidAccepted".*"price":"100"/);
  await customer.send({ ...bid('low', '100'), token: bob });
  assert.equal((await customer.reply('low')).code, 'bid_too_low');
  await customer.send({ ...bid('first'), token: ann });
  assert.deepEqual(await customer.reply('first', 2), await customer.reply('first'));
  await customer.send({ ...bid('nowhere'), token: ann, replyTo: 'annals.commands' });
  await customer.send({ ...bid('nobody', '4713') });
  await customer.send({ ...bid('busy', '4715'), token: ann });
  assert.equal((await customer.reply('nobody')).code, 'unauthenticated');
  assert.equal((await customer.reply('busy')).outcome, 'accepted');
  const [letter] = await customer.died(1);
  assert.deepEqual(letter?.command, {
    command: 'PlaceBid',
    idempotencyKey: 'nowhere',
    data: { auctionId: 'a1' },
  });
  // Also with the premium on it.
  assert.doesNotMatch(customer.everything(), /471[135]|518[246]/);
  for (const token of [ann, bob]) assert.ok(!customer.everything().includes(token));
  assert.equal(taking.status().handedOn, 1);
  const placed = (await room.deployment.everything()).filter(({ type }) => type === 'BidPlaced');
  assert.deepEqual(
    placed.map(({ metadata }) => [metadata.commandId, metadata.origin]),
    ['first', 'busy'].map((key) => [key, { channel: 'bus' }]),
  );
  await room.deployment.settle();
  await room.audited();
});

test('a bid whose outcome takes long is pending, and its repeat tells the outcome', async (t) => {
  const { room, customer, process, ann } = await given(t);
  const held = process.holdBack(({ type }) => type === 'FundsReserved');
  await customer.send({ ...bid('slow'), token: ann });
  const { outcome, commandId } = await customer.reply('slow');
  assert.deepEqual([outcome, commandId], ['pending', 'slow']);
  assert.equal(customer.told(customer.replyTo)[0]?.headers.status, '202');
  held.release();
  await room.deployment.settle();
  await customer.send({ ...bid('slow'), token: ann });
  assert.equal((await customer.reply('slow', 2)).outcome, 'accepted');
  await room.audited();
});
