import { type Api, connect } from './api.ts';
import { audit } from './audit.ts';
import { bidders, fillWallets } from './bidders.ts';
import { type Bids, join, latenciesOf, placeBids } from './bidding.ts';
import { type PlatformClock, platformClock } from './clock.ts';
import type { BidFile } from './csv.ts';
import { type Feeds, followAuctions } from './feeds.ts';
import {
  announce,
  auctionIdOf,
  close,
  type House,
  open,
  openHouse,
  premiumAtMost,
  type Sale,
} from './house.ts';
import { lotsOf, type PlannedLot, pursesOf } from './plan.ts';
import type { RunningPlatform } from './platform.ts';
import { stage } from './progress.ts';
import { percentiles, type Report, unexplained } from './report.ts';
import { type Result, resultsOf } from './results.ts';

interface Scene {
  readonly api: Api;
  readonly clock: PlatformClock;
  readonly house: House;
  readonly sessionOf: ReturnType<typeof bidders>;
}

/** One sale from its announcement to the settlement of its last lot. */
interface Held {
  readonly bids: Bids;
  readonly results: readonly Result[];
  readonly latenciesMs: readonly number[];
  readonly problems: readonly string[];
}

/** Everything a sale must have come to, however its prices fell. */
function problemsOf(
  sale: Sale,
  { accepted, rejected }: Bids,
  results: readonly Result[],
  feeds: Feeds,
): readonly string[] {
  const planned = sale.lots.reduce((sum, { bids }) => sum + bids.length, 0);
  const answered = accepted.length + rejected;
  const counted = results.reduce((sum, { bids }) => sum + bids, 0);
  const unfinished = results.filter(({ over }) => !over);
  const misled = results.filter(({ auctionId, bids }) => feeds.of.get(auctionId)?.last?.bids !== bids);
  return [
    ...(answered === planned ? [] : [`${sale.id}: ${planned} bids were placed, ${answered} were answered`]),
    ...(counted === accepted.length
      ? []
      : [`${sale.id}: ${accepted.length} bids were accepted, ${counted} stand`]),
    ...unfinished.map(({ auctionId }) => `${auctionId} did not come to its end`),
    ...misled.map(({ auctionId }) => `the feed of ${auctionId} ended elsewhere than the auction`),
    ...feeds.breaks.map((text) => `a feed has a gap or a duplicate: ${text}`),
  ];
}

async function hold(scene: Scene, id: string, title: string, lots: readonly PlannedLot[]): Promise<Held> {
  const { api, clock, house, sessionOf } = scene;
  await fillWallets(scene, pursesOf(lots, premiumAtMost), sessionOf, id);
  const sale = await announce(api, house, { id, title, lots });
  const feeds = followAuctions(
    api.url,
    lots.map((lot) => auctionIdOf(sale, lot)),
  );
  try {
    await join(scene, sale);
    await open(clock, sale);
    await feeds.ready();
    const bids = await placeBids(scene, sale);
    const ending = stage('auctions over, settled', lots.length);
    await Promise.all([close(clock, sale), feeds.over(ending.reach)]);
    ending.end();
    const results = await resultsOf(api, sale);
    return {
      bids,
      results,
      latenciesMs: latenciesOf(bids, feeds),
      problems: problemsOf(sale, bids, results, feeds),
    };
  } finally {
    await feeds.close();
  }
}

/**
 * Holds every auction of a file again: without a reserve, then those whose price differs from eBay's with one. Whatever a
 * run before this one has done on the same platform is asked for again under the same ids and not done twice.
 */
export async function replay({ rows, fingerprint }: BidFile, platform: RunningPlatform): Promise<Report> {
  const startedMs = performance.now();
  const api = connect({ url: platform.url, run: fingerprint, gone: platform.gone });
  const clock = platformClock(api);
  await clock.now();
  const house = await openHouse(api);
  const scene: Scene = { api, clock, house, sessionOf: bidders(api) };
  const lots = lotsOf(rows);
  const id = `ebay-${fingerprint.slice(0, 8)}`;
  const plain = await hold(scene, id, 'eBay', lots);
  const differing = plain.results.filter(({ priceEqual }) => !priceEqual);
  const reserved =
    differing.length === 0
      ? undefined
      : await hold(
          scene,
          `${id}-reserve`,
          'eBay, with a reserve',
          differing.map(({ lot }) => ({ ...lot, reserve: lot.finalPrice })),
        );
  const explained = reserved?.results.filter(({ priceEqual }) => priceEqual).length ?? 0;
  const { events, problems } = await audit(api, house.auditor);
  const seconds = (performance.now() - startedMs) / 1_000;
  const { accepted, rejected } = plain.bids;
  const pricesEqual = lots.length - differing.length;
  return {
    auctions: lots.length,
    bidsAccepted: accepted.length,
    bidsRejected: rejected,
    pricesEqual,
    winnersEqual: plain.results.filter(({ winnerEqual }) => winnerEqual).length,
    pricesEqualGivenReserve: pricesEqual + explained,
    moneyConserved: problems.length === 0,
    events,
    seconds,
    feedLatencyMs: percentiles([...plain.latenciesMs, ...(reserved?.latenciesMs ?? [])]),
    bidsPerSecond: rows.length / plain.bids.seconds,
    eventsPerSecond: events / seconds,
    unexplained: unexplained(plain.results, reserved?.results ?? []),
    problems: [...plain.problems, ...(reserved?.problems ?? []), ...problems],
  };
}
