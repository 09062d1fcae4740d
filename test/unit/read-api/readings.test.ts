import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { LotConsigned } from '#domain/auctions/lot/messages.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { Unavailable } from '#domain/kernel/rejections.ts';
import { WalletOpened } from '#domain/wallets/wallet/messages.ts';
import { readLimits } from '#read-api/limits.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// What a role shows is recorded before it leaves, or does not leave.

let readSide: ReadSide;
let held: Promise<void> = Promise.resolve();
let broken = false;
before(async () => {
  const recording =
    (own: Dispatch): Dispatch =>
    async (envelope) => {
      await held;
      if (!broken) return own(envelope);
      const rejection = Unavailable({ retryAfterMs: 1_000 });
      return { outcome: 'rejected', commandId: '', rejection, position: undefined, events: [] };
    };
  readSide = await givenReadSide({ recording });
  await readSide.append('wallet-ann:USD', WalletOpened({ person: 'ann', currency: 'USD' }));
  const text = { title: 'A clock', description: '', categories: [], pictures: [] };
  const worth = { currency: 'USD', estimateLow: 1n, estimateHigh: 2n, openingBid: 1n, reserve: 88_00n };
  await readSide.append('lot-l1', LotConsigned({ lotId: 'l1', consignor: 'sam', ...text, ...worth }));
});
after(() => readSide.close());

const readings = async (person: string) =>
  (await readSide.store.readStream(`inspector-${person}`, { limit: 100 })).map(({ data }) => data);
const asked = async (query: string, token: string) => JSON.stringify(await readSide.ask(query, {}, token));
const ofAnn = '{ wallet(currency: "USD", person: "ann") { person } }';

test('one record stands for a minute of reading, and a new one follows', async () => {
  for (let times = 0; times < 3; times++) assert.match(await asked(ofAnn, 'ida:auditor'), /"ann"/);
  const readUntil = later(readSide.clock.now(), readLimits.readingLeaseMs);
  const first = { person: 'ida', insight: 'maxima', readUntil, shownBy: 'wallet' };
  assert.deepEqual(await readings('ida'), [first]);
  readSide.clock.advanceTo(readUntil);
  await asked(ofAnn, 'ida:auditor');
  assert.equal((await readings('ida')).length, 1, 'the end belongs to it');
  readSide.clock.advanceTo(later(readUntil, 1));
  await asked(ofAnn, 'ida:auditor');
  assert.equal((await readings('ida')).length, 2);
});

test('an answer waits until its record is durable', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  held = promise;
  let answered = false;
  const answer = asked(ofAnn, 'ivo:investigator').then((text) => {
    answered = true;
    return text;
  });
  const other = asked('{ wallet(currency: "USD") { id } }', 'ivo:investigator');
  assert.doesNotMatch(await other, /error/, 'what is their own waits for nothing');
  for (let turns = 0; turns < 50; turns++) await nextTurn();
  assert.equal(answered, false);
  assert.deepEqual(await readings('ivo'), []);
  resolve();
  assert.match(await answer, /"ann"/);
  assert.equal((await readings('ivo')).length, 1);
});

test('what cannot be recorded is not shown, and is when it can be again', async () => {
  broken = true;
  const lot = '{ lot(lotId: "l1") { id reserve { amount } } }';
  for (const [query, token] of [
    [ofAnn, 'una:auditor'],
    ['{ streamEvents(stream: "wallet-ann:USD") { events { data } } }', 'una:auditor'],
    [lot, 'una:clerk'],
  ] as const) {
    const text = await asked(query, token);
    assert.match(text, /"code":"unavailable"/);
    assert.doesNotMatch(text, /"ann"|WalletOpened|8800/);
  }
  broken = false;
  assert.match(await asked(lot, 'una:clerk'), /8800/);
  assert.deepEqual(
    (await readings('una')).map(({ insight, shownBy }) => [insight, shownBy]),
    [['reserves', 'Lot.reserve']],
  );
});

test('a feed is recorded anew for each minute in which it shows something, and ends when it cannot be', async () => {
  const client = createClient({
    ...{ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization: 'Bearer eve:investigator' },
  });
  const query = 'subscription { walletFeed(person: "ann") { entry { type } } }';
  const feed = client.iterate<{ walletFeed: { entry: object | null } }>({ query });
  const nextEntry = async () => {
    for (;;) {
      const { value } = await feed.next();
      if (value?.errors !== undefined || value?.data?.walletFeed.entry !== null) return value;
    }
  };
  assert.deepEqual((await nextEntry())?.data?.walletFeed.entry, { type: 'WalletOpened' });
  assert.equal((await readings('eve')).length, 1);
  readSide.clock.advanceTo(later(readSide.clock.now(), readLimits.readingLeaseMs + 1));
  await readSide.append('wallet-ann:USD', WalletOpened({ person: 'ann', currency: 'USD' }));
  assert.ok((await nextEntry())?.data);
  assert.equal((await readings('eve')).length, 2);
  broken = true;
  readSide.clock.advanceTo(later(readSide.clock.now(), readLimits.readingLeaseMs + 1));
  await readSide.append('wallet-ann:USD', WalletOpened({ person: 'ann', currency: 'USD' }));
  const last = await nextEntry();
  assert.equal(last?.errors?.[0]?.extensions?.code, 'unavailable');
  assert.equal(last?.data ?? undefined, undefined);
  assert.equal((await feed.next()).done, true);
  broken = false;
  await client.dispose();
});

test('one’s own, and what everybody may see, is no reading', async () => {
  const token = 'amy:auditor,investigator,bidder,clerk';
  await readSide.append('wallet-amy:USD', WalletOpened({ person: 'amy', currency: 'USD' }));
  for (const query of [
    '{ wallet(currency: "USD") { id } wallets { edges { node { id } } } myBids { edges { node { maximum { amount } } } } }',
    '{ now auctions { edges { node { id } } } lots { edges { node { id openingBid { amount } } } } }',
  ])
    assert.doesNotMatch(await asked(query, token), /error/);
  assert.deepEqual(await readings('amy'), []);
});
