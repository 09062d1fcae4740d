import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedEngines } from '#compose/engines.ts';
import { projections } from '#compose/projections.ts';
import { reactions } from '#compose/sagas.ts';
import { writeSide } from '#compose/write-side.ts';
import { readConfig } from '#config';
import type { Actor, Role } from '#domain/kernel/actor.ts';
import type { Dispatch, Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { ROUND_MS, rate, rawDatabase } from './raw-sqlite.ts';
import { type Row, rateRow } from './row.ts';

const ROUNDS = 5;
/** One bid that takes the lead is four durable events in three streams, each waiting for the one before. */
const EVENTS_PER_BID = 4;
const FUNDS = '900000000000000';
const DAY_MS = 24 * 60 * 60 * 1_000;

const person = (id: string, ...roles: Role[]): Actor => ({ id, roles, reputation: 0 });
const otto = person('otto', 'auctioneer');
const sam = person('sam', 'seller');
const system = person('system.bench', 'system');

/** The write side, the safety net and the views on a fresh folder: all that a bid goes through but HTTP. */
async function house(folder: string) {
  const config = readConfig({ DATA_DIR: folder, NODE_ENV: 'test' });
  const fail = (error: Error) => {
    throw error;
  };
  const engines = await embeddedEngines({ config, log: noLog, onFatal: fail });
  const { pipeline } = writeSide(engines, { log: noLog, version: '0', webhookSecrets: [] });
  const views = await projections(engines, noLog);
  const net = await reactions(engines, pipeline.dispatch);
  return {
    engines,
    dispatch: pipeline.dispatch,
    async close() {
      await pipeline.drain();
      await net.stop();
      await views.stop();
      await engines.close();
    },
  };
}

type House = Awaited<ReturnType<typeof house>>;

const sender =
  ({ dispatch, engines }: { dispatch: Dispatch; engines: House['engines'] }) =>
  async (actor: Actor, command: string, data: object): Promise<Reply> => {
    const commandId = engines.newId();
    return dispatch({ command, data, commandId, actor, origin: { channel: 'cli' } });
  };

async function must(reply: Promise<Reply>): Promise<void> {
  const answer = await reply;
  if (answer.outcome !== 'accepted')
    throw new Error(`a preparation came to ${JSON.stringify(answer.outcome)}`);
}

const usd = (amount: number | string) => ({ amount: String(amount), currency: 'USD' });

/** `count` open auctions in which every bidder has joined with more money than they can lose. */
async function prepare(own: House, auctions: readonly string[], bidders: readonly Actor[]): Promise<void> {
  const send = sender(own);
  const now = own.engines.clock.now();
  const saleId = `sale-of-${auctions[0]}`;
  const words = { title: 'Wristwatch', description: 'Steel.' };
  const fees = { commission: [{ rateBasisPoints: 1_000 }], premium: [{ rateBasisPoints: 1_500 }] };
  await must(send(otto, 'ScheduleSale', { saleId, ...words, currency: 'USD', ...fees, ladderVersion: 1 }));
  await must(send(otto, 'PublishSale', { saleId }));
  for (const auctionId of auctions) {
    const lotId = `lot-of-${auctionId}`;
    const amounts = { estimateLow: usd(100), estimateHigh: usd(900), openingBid: usd(100) };
    await must(send(sam, 'ConsignLot', { lotId, ...words, categories: [], pictures: [], ...amounts }));
    const times = { opensAt: later(now, DAY_MS), endsAt: later(now, 2 * DAY_MS) };
    await must(send(sam, 'ScheduleAuction', { auctionId, lotId, saleId, ...times }));
    await must(send(sam, 'OpenAuction', { auctionId }));
    await Promise.all(bidders.map((bidder) => must(send(bidder, 'JoinAuction', { auctionId }))));
  }
  for (const bidder of bidders) {
    await must(send(bidder, 'OpenWallet', { currency: 'USD' }));
    const credit = { person: bidder.id, currency: 'USD', amount: FUNDS, movement: `funds-of-${bidder.id}` };
    await must(send(system, 'CreditWallet', { ...credit, reason: 'top_up' }));
  }
}

/** Bids that each outbid what is known, by as many bidders at once; answers bids that were decided in a second. */
async function bidding(
  own: House,
  auctions: readonly string[],
  bidders: readonly Actor[],
  step: () => number,
) {
  const send = sender(own);
  const startedAt = performance.now();
  const latencies: number[] = [];
  let accepted = 0;
  await Promise.all(
    bidders.map(async (bidder, at) => {
      const auctionId = auctions[at % auctions.length] ?? '';
      while (performance.now() - startedAt < ROUND_MS) {
        const sentAt = performance.now();
        const reply = await send(bidder, 'PlaceBid', { auctionId, maximum: usd(step()) });
        latencies.push(performance.now() - sentAt);
        if (reply.outcome === 'accepted') accepted += 1;
      }
    }),
  );
  return { perSecond: rate(accepted, startedAt), latencies };
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/**
 * A whole bid (placed, funded, accepted, the outbid released), answered when all of it is durable, against node:sqlite
 * inserting and committing the same number of events one after the other, as many bids in each commit as are in flight.
 */
export async function bids(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bids-'));
  const raw = await rawDatabase(join(folder, 'raw'));
  const own = await house(join(folder, 'house'));
  let price = 1_000;
  const step = () => {
    price += 20_000;
    return price;
  };
  try {
    const rows: Row[] = [];
    for (const { clients, lots } of [
      { clients: 1, lots: 1 },
      { clients: 64, lots: 1 },
      { clients: 64, lots: 64 },
    ]) {
      const name = `${clients}-${lots}`;
      const auctions = Array.from({ length: lots }, (_, at) => `a-${name}-${at}`);
      const bidders = Array.from({ length: clients }, (_, at) => person(`bidder-${name}-${at}`, 'bidder'));
      await prepare(own, auctions, bidders);
      const ours: number[] = [];
      const theirs: number[] = [];
      const latencies: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(raw.appends(clients) / EVENTS_PER_BID);
        const measured = await bidding(own, auctions, bidders, step);
        ours.push(measured.perSecond);
        latencies.push(...measured.latencies);
      }
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(latencies, share).toFixed(1));
      const what = `bids accepted, ${clients} at once on ${lots} lots (${p50}/${p95}/${p99} ms p50/p95/p99)`;
      rows.push(rateRow(what, 'bids/s', 0.3, { ours, theirs }));
    }
    return rows;
  } finally {
    raw.close();
    await own.close();
    rmSync(folder, { recursive: true });
  }
}
