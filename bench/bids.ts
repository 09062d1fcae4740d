import { join as path } from 'node:path';
import type { Actor } from '#domain/kernel/actor.ts';
import {
  type Deployment,
  givenAuctions,
  givenBidders,
  join,
  openDeployment,
  openDoor,
  watch,
} from './deployment.ts';
import { inTurns, medianOfRounds, perSecond, timingOf } from './measuring.ts';
import { rawDatabase } from './raw-sqlite.ts';
import { type Bench, type Details, percentile, ranRow, ratioAtLeast } from './row.ts';

/** One bid that takes the lead is four durable events in three streams, each waiting for the one before. */
const EVENTS_PER_BID = 4;
const GOAL = ratioAtLeast(0.3);

/** The usual percentiles of latencies in milliseconds. */
export const latencyDetails = (what: string, latencies: readonly number[]): Details =>
  Object.fromEntries(
    [0.5, 0.95, 0.99].map((share) => [`${what} p${share * 100} ms`, percentile(latencies, share)]),
  );

/**
 * Somebody who waits for each answer before the next bid. It speaks for two people, so that nearly every bid takes the
 * lead from somebody, and goes round its auctions.
 */
interface Client {
  readonly people: readonly [Actor, Actor];
  readonly auctions: readonly string[];
}

const nextOf = ({ people, auctions }: Client, turn: number): readonly [Actor, string] => {
  const auctionId = auctions[turn % auctions.length];
  if (auctionId === undefined) throw new RangeError('a client without an auction');
  return [people[Math.floor(turn / auctions.length) % 2 === 0 ? 0 : 1], auctionId];
};

/** Clients who share the auctions evenly: several in each, or several auctions for each. */
export async function givenClients(
  deployment: Deployment,
  count: number,
  lots: number,
): Promise<readonly Client[]> {
  const auctions = await givenAuctions(deployment, 'a', lots);
  const bidders = await givenBidders(deployment, 'b', 2 * count);
  const clients = Array.from({ length: count }, (_, at): Client => {
    const [one, other] = bidders.slice(2 * at, 2 * at + 2);
    if (one === undefined || other === undefined) throw new RangeError('a client without people');
    const own = auctions.filter((_, lot) => (count < lots ? lot % count === at : lot === at % lots));
    return { people: [one, other], auctions: own };
  });
  for (const { people, auctions: own } of clients)
    for (const auctionId of own) await join(deployment, auctionId, people);
  return clients;
}

export interface Load {
  readonly deployment: Deployment;
  readonly clients: readonly Client[];
}

/** What bids took to their reply, and to their acceptance being delivered by the feed, in milliseconds. */
interface Taken {
  readonly toReply: number[];
  readonly toFeed: number[];
}

/** Each client bids again as soon as the answer is there. Answers accepted bids per second. */
export async function closedLoop(
  { deployment, clients }: Load,
  roundMs: number,
  taken: Taken,
): Promise<number> {
  const feed = await watch(deployment);
  const sent = new Map<string, number>();
  const startedAt = performance.now();
  let accepted = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let turn = 0; performance.now() - startedAt < roundMs; turn++) {
        const [bidder, auctionId] = nextOf(client, turn);
        const commandId = deployment.engines.newId();
        const sentAt = performance.now();
        const reply = await deployment.bid(bidder, auctionId, { commandId });
        taken.toReply.push(performance.now() - sentAt);
        if (reply.outcome !== 'accepted') continue;
        accepted += 1;
        sent.set(commandId, sentAt);
      }
    }),
  );
  const rate = perSecond(accepted, startedAt);
  for (const [commandId, sentAt] of sent) {
    const seenAt = feed.seenAt(commandId);
    if (seenAt !== undefined) taken.toFeed.push(seenAt - sentAt);
  }
  await feed.stop();
  return rate;
}

/**
 * A whole bid (placed, funded, accepted, the outbid released) by clients who wait for each answer, with the catch-up consumer,
 * the views and a follower of the feed at work, against node:sqlite inserting and committing the same number of events
 * one after the other, as many bids in each commit as there are clients.
 */
function bids(clients: number, lots: number): Bench {
  const name = `bid-${clients}x${lots}`;
  return {
    name,
    async measure(run) {
      const timing = timingOf(run);
      const { rounds, roundMs } = timing;
      const raw = await rawDatabase(path(run.folder, 'raw'));
      const deployment = await openDeployment(path(run.folder, 'deployment'), { limits: openDoor });
      try {
        const taken: Taken = { toReply: [], toFeed: [] };
        const load: Load = { deployment, clients: await givenClients(deployment, clients, lots) };
        // The first bids of a process are interpreted, and open its streams.
        await closedLoop(load, roundMs / 2, { toReply: [], toFeed: [] });
        const { ours, theirs } = await inTurns(run, {
          name,
          rounds,
          ours: () => closedLoop(load, roundMs, taken),
          theirs: () => raw.appends(clients, roundMs) / EVENTS_PER_BID,
        });
        const row = ranRow({
          name,
          what: `whole bids by ${clients} clients over ${lots} auctions`,
          value: ours,
          unit: 'bids/s',
          against: {
            what: `node:sqlite, ${EVENTS_PER_BID} commits of ${clients} inserts for as many bids`,
            value: theirs,
          },
          goal: GOAL,
          rounds,
          medianOf: medianOfRounds(timing),
          details: { ...latencyDetails('reply', taken.toReply), ...latencyDetails('feed', taken.toFeed) },
        });
        return [row];
      } finally {
        raw.close();
        await deployment.close();
      }
    },
  };
}

export const bidBenches: readonly Bench[] = [1, 100].flatMap((lots) =>
  [1, 64, 256].map((clients) => bids(clients, lots)),
);
