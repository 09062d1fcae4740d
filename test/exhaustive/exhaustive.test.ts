import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Exhausted, exhaust, type Scope } from './exhaustive.ts';
import {
  givenCancellation,
  givenScheduling,
  givenWorld,
  type Maxima,
  partsOfLargeSale,
  realParts,
  threeEach,
  twoEach,
  type World,
} from './world.ts';

// ANNALS_EXHAUSTIVE_BIDS=3 takes three bids each, a raise among them (seven million states), and compares larger worlds with
// plain searches of them: some minutes of processor time, and two gigabytes.
const isLarge = process.env.ANNALS_EXHAUSTIVE_BIDS === '3';
const bids = isLarge ? threeEach : twoEach;
/** A machine that others work on may be slow; what the search takes is its own time of the processor. */
const timeout = isLarge ? 2 * 60 * 60 * 1_000 : 10 * 60 * 1_000;

function tell(t: TestContext, searched: Exhausted, seconds: number): void {
  const { states, transitions, cut, ends, deepest, results, decisions, streams } = searched;
  t.diagnostic(
    `${states} states, ${transitions} transitions (${cut} to states seen before), ${deepest} moves deep, ${ends} ends, ` +
      `${results.size} courses of the auction, ${decisions} decisions on ${streams} streams, ${Math.round(seconds)} s of processor time`,
  );
}

async function searched(t: TestContext, world: World, scope: Scope = {}): Promise<Exhausted> {
  const before = process.cpuUsage();
  const all = await exhaust(world, { mostStates: 200_000_000, ...scope });
  const { user, system } = process.cpuUsage(before);
  tell(t, all, (user + system) / 1e6);
  assert.equal(all.story, undefined);
  return all;
}

test('no order of two bidders’ bids, a raise, an end and a settlement, and no crash, breaks a promise', {
  timeout,
}, async (t) => {
  const { results, courses } = await searched(
    t,
    await givenWorld(t, bids),
    isLarge ? {} : { mostPassedOver: 0 },
  );
  // The search has been where it was to go: everybody wins somewhere, and everything that can be refused is.
  const ends = [...results.values()].join('\n');
  for (const end of [/OwnershipPassed ann/, /OwnershipPassed bob/, /LotReturned, LotPassed/])
    assert.match(ends, end);
  for (const type of [
    'BidRejected',
    'BidRefused',
    'FundsRefused',
    'ClaimEnded',
    'FundsCaptured',
    'LotSettled',
  ])
    assert.ok(
      [...courses].some((course) => course.includes(`"${type}"`)),
      type,
    );
});

/** Whoever may be passed over makes six times as many states of all bids: in the gate it is asked of three of them. */
const passing: Maxima = { ann: [5_00n, 12_00n], bob: [8_00n] };

test('nor does any of it when whoever waits may pass over whom it waits for', { timeout }, async (t) => {
  const { courses } = await searched(t, await givenWorld(t, passing));
  for (const type of ['BidPassedOver', 'BidAccepted', 'BidRefused'])
    assert.ok(
      [...courses].some((course) => course.includes(`"${type}"`)),
      type,
    );
});

/** A second bid of somebody makes fifteen times as many states. */
const oneEach: Maxima = { ann: [12_00n], bob: [8_00n] };

for (const [size, parts, given] of [
  ['a sale', realParts, isLarge ? passing : oneEach],
  ['a sale of more auctions than one append calls off', partsOfLargeSale, oneEach],
] as const)
  test(`${size} that is cancelled at any time among bids, an end and a hammer takes its auction with it`, {
    timeout,
  }, async (t) => {
    const { results } = await searched(t, await givenCancellation(t, given), { parts, mostPassedOver: 0 });
    const ends = [...results.values()].join('\n');
    for (const end of [
      /LotReturned, AuctionCancelled/,
      /LotReturned, LotPassed/,
      /OwnershipPassed ann, LotSettled/,
    ])
      assert.match(ends, end);
  });

test('a lot that is scheduled while its sale is cancelled comes back, or was never offered', {
  timeout,
}, async (t) => {
  const { results, courses } = await searched(t, await givenScheduling(t));
  const ends = [...results.values()].join('\n');
  for (const end of [
    /LotConsigned, $/m,
    /LotReturned, $/m,
    /AuctionCancelled/,
    /AuctionRefused/,
    /LotPassed/,
  ])
    assert.match(ends, end);
  for (const type of ['AuctionTurnedAway', 'AuctionBarred', 'AuctionCalledOff'])
    assert.ok(
      [...courses].some((course) => course.includes(`"${type}"`)),
      type,
    );
});

type Named = Maxima & { readonly name: string };
const small: readonly Named[] = [
  { name: 'one bid', ann: [12_00n], bob: [] },
  { name: 'one bid below the reserve', ann: [5_00n], bob: [] },
];
const larger: readonly Named[] = [
  { name: 'a bid and a raise', ann: [5_00n, 12_00n], bob: [] },
  { name: 'a bid of each', ann: [12_00n], bob: [8_00n] },
];

for (const { name, ...maxima } of isLarge ? [...small, ...larger] : small)
  test(`what is taken for equal is equal: a plain search of ${name} comes to the same`, {
    timeout,
  }, async (t) => {
    const world = await givenWorld(t, maxima);
    const reduced = await searched(t, world);
    const plain = await searched(t, world, { plain: true });
    assert.ok(plain.states > 10 * reduced.states);
    assert.deepEqual(plain.results, reduced.results);
    assert.deepEqual(plain.courses, reduced.courses);
  });
