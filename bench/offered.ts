import { join as path } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { retryAfterMs } from '#runtime/wire.ts';
import { latencyDetails } from './bids.ts';
import { type Deployment, givenAuctions, givenBidders, join, openDeployment, watch } from './deployment.ts';
import { type Bench, percentile, ranRow, valueAtMost } from './row.ts';

/** Offered evenly: whether the platform keeps up or not. */
const BIDS_PER_SECOND = 1_000;
const BIDDERS = 200;
/** Of these, so many take part in each of many auctions. */
const BIDDERS_PER_AUCTION = 20;
const GOAL = valueAtMost(20);
/** A client that is told to come again gives up so long after it was to send, in milliseconds. */
const PATIENCE_MS = 5_000;

interface Load {
  readonly deployment: Deployment;
  readonly auctions: readonly string[];
  /** Of the bid with this number. */
  readonly bidderOf: (bid: number) => Actor;
}

/** A bid as a client sends it: told that the platform is full, it comes again when it was told to. */
async function bidUntilDecided(
  { deployment, auctions, bidderOf }: Load,
  bid: number,
  { commandId, until }: { readonly commandId: string; readonly until: number },
): Promise<{ readonly reply: Reply; readonly tries: number }> {
  const auctionId = auctions[bid % auctions.length] ?? '';
  for (let tries = 1; ; tries++) {
    const reply = await deployment.bid(bidderOf(bid), auctionId, { commandId });
    const isFull = reply.outcome === 'rejected' && reply.rejection.code === Overloaded.code;
    if (!isFull || performance.now() >= until) return { reply, tries };
    await pause(retryAfterMs(reply.rejection) ?? 1);
  }
}

/** What came of all the bids that were offered. */
interface Outcome {
  readonly toReply: readonly number[];
  readonly toFeed: readonly number[];
  readonly accepted: number;
  /** Bids that were told to come again, at least once. */
  readonly sentAgain: number;
  /** Bids that were told so until their client gave up. */
  readonly givenUp: number;
}

/**
 * Sends a bid each millisecond, whatever becomes of those before. A latency counts from the moment the bid was to be
 * sent, so that a platform that stands still for a while is charged with everybody who would have come meanwhile.
 */
async function openLoop(load: Load, seconds: number): Promise<Outcome> {
  const { deployment } = load;
  const feed = await watch(deployment);
  const wanted = seconds * BIDS_PER_SECOND;
  const dueMs = 1_000 / BIDS_PER_SECOND;
  const toReply: number[] = [];
  const sent: { readonly commandId: string; readonly dueAt: number }[] = [];
  let sentAgain = 0;
  let givenUp = 0;
  const deciding: Promise<void>[] = [];
  const startedAt = performance.now() + 1;

  async function one(bid: number): Promise<void> {
    const dueAt = startedAt + bid * dueMs;
    const commandId = deployment.engines.newId();
    const { reply, tries } = await bidUntilDecided(load, bid, { commandId, until: dueAt + PATIENCE_MS });
    toReply.push(performance.now() - dueAt);
    if (tries > 1) sentAgain += 1;
    if (reply.outcome === 'rejected' && reply.rejection.code === Overloaded.code) givenUp += 1;
    if (reply.outcome === 'accepted') sent.push({ commandId, dueAt });
  }

  for (let bid = 0; bid < wanted; ) {
    for (; bid < wanted && startedAt + bid * dueMs <= performance.now(); bid++) deciding.push(one(bid));
    await pause(1);
  }
  await Promise.all(deciding);
  const toFeed = sent.flatMap(({ commandId, dueAt }) => {
    const seenAt = feed.seenAt(commandId);
    return seenAt === undefined ? [] : [seenAt - dueAt];
  });
  await feed.stop();
  return { toReply, toFeed, accepted: sent.length, sentAgain, givenUp };
}

function offered(lots: number): Bench {
  const name = `offered-${lots}`;
  return {
    name,
    async measure(run) {
      const deployment = await openDeployment(path(run.folder, 'deployment'));
      try {
        const seats = lots === 1 ? BIDDERS : BIDDERS_PER_AUCTION;
        const auctions = await givenAuctions(deployment, 'a', lots);
        const bidders = await givenBidders(deployment, 'b', BIDDERS);
        const seated = (auction: number, seat: number): Actor => {
          const bidder = bidders[(auction * 3 + (seat % seats)) % BIDDERS];
          if (bidder === undefined) throw new RangeError('a seat without a bidder');
          return bidder;
        };
        for (const [at, auctionId] of auctions.entries())
          await join(
            deployment,
            auctionId,
            Array.from({ length: seats }, (_, seat) => seated(at, seat)),
          );
        const bidderOf = (bid: number): Actor => seated(bid % lots, Math.floor(bid / lots));
        const load: Load = { deployment, auctions, bidderOf };
        // The code is compiled as it is used: a platform that has just been opened is not the one that is asked about.
        await openLoop(load, run.short ? 0.5 : 5);
        const seconds = run.short ? 0.5 : 10;
        const { toReply, toFeed, accepted, sentAgain, givenUp } = await openLoop(load, seconds);
        await run.profiled(name, () => openLoop(load, run.short ? 0.5 : 3));
        const row = ranRow({
          name,
          what: `${BIDS_PER_SECOND} bids a second offered evenly for ${seconds} s over ${lots} auctions, p99 from when each was to be sent`,
          value: percentile(toReply, 0.99),
          unit: 'ms',
          goal: GOAL,
          rounds: 1,
          medianOf: `the p99 of ${toReply.length} bids`,
          details: {
            ...latencyDetails('reply', toReply),
            ...latencyDetails('feed', toFeed),
            'accepted bids': accepted,
            'bids sent again': sentAgain,
            'bids given up': givenUp,
          },
          note: `A bid that was told to come again did, when it was told to, and its time went on, for ${PATIENCE_MS} ms at most.`,
        });
        return [row];
      } finally {
        await deployment.close();
      }
    },
  };
}

export const offeredBenches: readonly Bench[] = [1, 100].map(offered);
