import { join as path } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { prefixOf } from '#runtime/engine-address.ts';
import { closedLoop, givenClients, type Load, latencyDetails } from '../bids.ts';
import { type Deployment, openDeployment, openDoor } from '../deployment.ts';
import { inTurns, medianOfRounds, timingOf } from '../measuring.ts';
import { type Details, percentile, type Run, ranRow } from '../row.ts';
import { onServers } from './on-servers.ts';
import { kafkaAt } from './servers.ts';

const CLIENTS = 64;
const AUCTIONS = 100;
/** For lags without a backlog: so many bids each second, whatever becomes of those before. */
const OFFERED_PER_SECOND = 20;
const CAUGHT_UP_MS = 120_000;

/** Behind the moment at which the feed of the process tells of an acceptance, in milliseconds. */
interface Lags {
  readonly topic: number[];
  readonly views: number[];
}

/** Follows acceptances by the feed, each until every view has it, and by the topic. */
async function watchLags(deployment: Deployment, prefix: string) {
  const { engines, views } = deployment;
  const stopping = new AbortController();
  const lags: Lags = { topic: [], views: [] };
  const told = new Map<string, number>();
  const arrived = new Map<string, number>();
  const open = new Set<Promise<unknown>>();

  function meet(id: string): void {
    const [from, at] = [told.get(id), arrived.get(id)];
    if (from === undefined || at === undefined) return;
    // The topic may be quicker than our own turn to hear of it.
    lags.topic.push(Math.max(0, at - from));
    told.delete(id);
    arrived.delete(id);
  }

  const consumer = engines.bus.consume({
    group: `${prefix}.lags-${engines.newId()}`,
    topics: [`${prefix}.auctions`],
    from: 'end',
    async handle(records) {
      for (const { headers } of records) {
        if (headers.ce_type !== 'annals.auctions.BidAccepted') continue;
        arrived.set(headers.ce_id ?? '', performance.now());
        meet(headers.ce_id ?? '');
      }
    },
  });
  await consumer.joined;
  const reading = (async () => {
    const { feed } = engines;
    const after = await feed.head();
    const filter = { types: ['BidAccepted'] };
    for await (const { events } of feed.follow({ after, filter, signal: stopping.signal })) {
      const now = performance.now();
      for (const { eventId, position } of events) {
        told.set(eventId, now);
        meet(eventId);
        const seen = views?.reachedHere(position, CAUGHT_UP_MS).then((reached) => {
          if (reached) lags.views.push(performance.now() - now);
          open.delete(seen as Promise<unknown>);
        });
        if (seen !== undefined) open.add(seen);
      }
    }
  })();
  return {
    lags,
    /** Waits until all that was told has been met. */
    async stop(): Promise<void> {
      stopping.abort();
      await reading;
      await Promise.all(open);
      for (const until = performance.now() + CAUGHT_UP_MS; told.size > 0 && performance.now() < until; )
        await pause(20);
      await consumer.stop();
    },
  };
}

/** Bids sent one by one at their times, for lags in quiet. */
async function offered({ deployment, clients }: Load, seconds: number): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let at = 0; at < seconds * OFFERED_PER_SECOND; at++) {
    await pause(Math.max(0, startedAt + (at * 1_000) / OFFERED_PER_SECOND - performance.now()));
    const client = clients[at % clients.length];
    const [auctionId] = client?.auctions ?? [];
    const bidder = client?.people[Math.floor(at / clients.length) % 2];
    if (auctionId !== undefined && bidder !== undefined) sent.push(deployment.bid(bidder, auctionId));
  }
  await Promise.all(sent);
}

const lagDetails = ({ topic, views }: Lags): Details => ({
  ...latencyDetails('topic lag', topic),
  ...latencyDetails('views lag', views),
});

async function measure(run: Run, { mongodb, kafka }: Record<'mongodb' | 'kafka', string>) {
  const timing = timingOf(run);
  const { rounds, roundMs } = timing;
  const settings = { READ_STORE: mongodb, BUS: kafka };
  const deployment = await openDeployment(path(run.folder, 'engines'), { limits: openDoor, settings });
  const embedded = await openDeployment(path(run.folder, 'embedded'), { limits: openDoor });
  try {
    const [clients, lots] = run.short ? [4, 4] : [CLIENTS, AUCTIONS];
    const load: Load = { deployment, clients: await givenClients(deployment, clients, lots) };
    const peer: Load = { deployment: embedded, clients: await givenClients(embedded, clients, lots) };
    const none = () => ({ toReply: [], toFeed: [] });
    for (const one of [load, peer]) await closedLoop(one, roundMs / 2, none());
    const head = await deployment.engines.store.head();
    await deployment.views?.reachedHere(head, CAUGHT_UP_MS);
    const prefix = prefixOf(kafkaAt(kafka));
    const quiet = await watchLags(deployment, prefix);
    const seconds = run.short ? 1 : 15;
    await offered(load, seconds);
    await quiet.stop();
    const busy = await watchLags(deployment, prefix);
    const rates = await inTurns(run, {
      name: 'engines-bid',
      rounds,
      ours: () => closedLoop(load, roundMs, none()),
      theirs: () => closedLoop(peer, roundMs, none()),
    });
    await busy.stop();
    const row = ranRow({
      name: 'engines-bid',
      what: `whole bids by ${clients} clients over ${lots} auctions, views in MongoDB, topics in Kafka`,
      value: 4 * rates.ours,
      unit: 'events/s',
      against: { what: 'the same with the engines of one process', value: 4 * rates.theirs },
      rounds,
      medianOf: medianOfRounds(timing),
      details: lagDetails(busy.lags),
      note: 'Faster than the views of this server can follow: their lag is what has piled up when the rounds are over.',
    });
    const lag = ranRow({
      name: 'engines-bid-lag',
      what: `${OFFERED_PER_SECOND} bids a second for ${seconds} s: until every view in MongoDB has an acceptance, p99 from when the feed has`,
      value: percentile(quiet.lags.views, 0.99),
      unit: 'ms',
      rounds: 1,
      medianOf: `the p99 of ${quiet.lags.views.length} acceptances`,
      details: lagDetails(quiet.lags),
    });
    return [row, lag];
  } finally {
    await deployment.close();
    await embedded.close();
  }
}

export const engineBidBench = onServers({
  name: 'engines-bid',
  what: 'whole bids with the views in MongoDB and the topics in Kafka',
  servers: ['mongodb', 'kafka'],
  measure,
});
