import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import { enginesBeside } from '#compose/engines.ts';
import { memoryStores } from '#compose/stores.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import type { BusRecord } from '#domain/kernel/ports/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { publisher } from '#projections/publishing/publisher.ts';
import { amount, givenPlanted, odd, secrets } from '../support/planted.ts';

// Whoever reads the topics reads all of them, and adds up what they find. Nothing of what is secret is there, nor comes out of two
// amounts that are. What the price tells by the rules of proxy bidding is not secret (docs/secrets.md).

const planted = await givenPlanted();
const { sessions } = planted.inhabited;
// What is held, and what a wallet still has, is told to its owner by a no.
assert.equal(
  await planted.send('wallets/withdraw', amount('9000000000000'), sessions.ann),
  'insufficient_funds',
);
assert.equal(
  await planted.send('wallets/transfer', { to: 'bob', ...amount('9000000000000') }, sessions.ann),
  'insufficient_funds',
);
assert.equal(
  await planted.send('wallets/transfer', { to: 'bob', ...amount('77') }, sessions.ann),
  'accepted',
);
// Somebody is shown what is secret.
assert.match(await planted.ask('{ ledger(currency: "USD") { held } }', sessions.ida), /"held":"\d+"/);

/** All that was recorded, and all that stands on the topics when the publisher has come to its end. */
async function published(): Promise<{ events: readonly StoredEvent[]; records: readonly BusRecord[] }> {
  const { store, close } = await enginesBeside({ folder: planted.folder, registry });
  const records: BusRecord[] = [];
  const { consumers } = memoryStores().readStore;
  const consume = consumerLoop({
    ...{ feed: store, store, consumers, registry, clock: systemClock(), owner: 'topics' },
  });
  const bus = {
    declare: async () => undefined,
    send: async (some: readonly BusRecord[]) => void records.push(...some),
  };
  const consumer = await consume(publisher({ registry, epoch: store.epoch, bus, prefix: 'annals' }));
  assert.ok(await consumer.reached(await store.head(), 60_000));
  assert.equal(consumer.status().parkedKeys, 0);
  await consumer.stop();
  const { events, end } = await store.readAll({ limit: 1_000 });
  assert.ok(end, 'the whole of it');
  await close();
  return { events, records };
}

const { events, records } = await published();
const texts = records.map((record) => JSON.stringify(record));
const Told = z.object({ type: z.string(), subject: z.string(), data: z.record(z.string(), z.unknown()) });
const told = records.map(({ value }) => Told.parse(JSON.parse(value)));
const stored = events.map((event) => JSON.stringify({ ...event, position: String(event.position) }));

/** Amounts travel as text. */
function amountsIn(value: unknown, found: Set<bigint>): void {
  if (typeof value === 'string' && /^-?\d{1,18}$/.test(value)) found.add(BigInt(value));
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) amountsIn(part, found);
}
const holds = (text: string, minor: bigint): boolean => new RegExp(`(?<!\\w)${minor}(?!\\w)`).test(text);

test('enough stands on the topics to prove something', () => {
  for (const type of [
    'auctions.AuctionOpened',
    'auctions.BidAccepted',
    'auctions.LotSold',
    'auctions.LotSettled',
  ])
    assert.ok(
      told.some((event) => event.type === `annals.${type}`),
      type,
    );
  for (const type of [
    'FundsReserved',
    'ClaimEnded',
    'FundsCaptured',
    'FundsCredited',
    'TopUpConfirmed',
    'TransferSent',
  ])
    assert.ok(
      told.some((event) => event.type === `annals.wallets.${type}`),
      type,
    );
  for (const auction of odd)
    assert.ok(
      told.some(({ subject }) => subject === `auction-${auction}`),
      auction,
    );
});

for (const { what, amounts } of secrets)
  test(`${what} is on no topic, nor a sum or difference of two amounts that are`, () => {
    const [minor = 0n] = amounts;
    assert.ok(
      stored.some((text) => holds(text, minor)),
      'it was recorded',
    );
    const seen = new Set<bigint>();
    for (const { data } of told) amountsIn(data, seen);
    assert.ok(seen.size > 20);
    for (const hidden of amounts) {
      assert.equal(
        texts.find((text) => holds(text, hidden)),
        undefined,
        `${what}: ${hidden}`,
      );
      for (const one of seen)
        assert.ok(
          !seen.has(hidden - one) && !seen.has(one - hidden) && !seen.has(one + hidden),
          `${what}: ${hidden} from ${one} and another`,
        );
    }
  });

test('neither is where a payment is confirmed, from where a command came, a hash of what it said, nor who was shown what', () => {
  const recorded = stored.join('\n');
  const hashes = events.map(({ metadata }) => String(metadata.payload));
  for (const planned of [planted.payment.address, '127.0.0.1', 'inspector-ida', 'SagaStepped', ...hashes]) {
    assert.ok(recorded.includes(planned), planned);
    assert.equal(
      texts.find((text) => text.includes(planned)),
      undefined,
      planned,
    );
  }
});

test('no refusal is there, nor a bid that does not stand, and of a wallet nothing that it has or holds', () => {
  const kinds = new Set(told.map(({ type }) => type.split('.').at(-1)));
  for (const type of ['BidPlaced', 'BidRejected', 'FundsRefused', 'WithdrawalRefused', 'TransferRefused']) {
    assert.ok(
      events.some((event) => event.type === type),
      `${type} was recorded`,
    );
    assert.ok(!kinds.has(type), type);
  }
  for (const { subject, data } of told)
    if (subject.startsWith('wallet-'))
      for (const field of ['balance', 'held', 'released', 'postings'])
        assert.ok(!(field in data), `${subject}: ${field}`);
});
