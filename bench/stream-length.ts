import { join as path } from 'node:path';
import { pipelineOf } from '#compose/write-side.ts';
import { BidTooLow, MaximumNotRaised } from '#domain/auctions/auction/messages.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import {
  type Deployment,
  givenAuctions,
  givenBidders,
  join,
  openDeployment,
  openDoor,
} from './deployment.ts';
import { type Bench, type Goal, median, type Row, type Run, ranRow, ratioAtMost } from './row.ts';

const GOAL = ratioAtMost(1.2);
/** The length that the others are measured against. */
const SHORT = 10;
/** Bids that share a measured moment: alone, one is too short to tell. */
const BIDS_PER_SAMPLE = 20;
/** Bids of the preparation that are on their way at once. */
const AT_ONCE = 50;
const BIDDERS = 20;

/** Somewhere to bid, with a history of its own. Each sample takes the next place, so that short streams stay short. */
interface Place {
  readonly auctionId: string;
  readonly bidders: readonly Actor[];
}

/** What one bid costs. */
interface Sample {
  /** Of all threads of the process, in milliseconds. */
  readonly cpuMs: number;
  /** Until its answer, in milliseconds. */
  readonly latencyMs: number;
}

class RefusedError extends Error {}

/** What a bid among many at once may come to, because another one overtook it on its way. */
const OVERTAKEN: readonly string[] = [BidTooLow.code, MaximumNotRaised.code];

/** Whether it was accepted. @throws Refused for another reason than that another bid came before it */
async function bid(
  deployment: Deployment,
  { auctionId, bidders }: Place,
  at: number,
  through?: Pipeline,
): Promise<boolean> {
  const bidder = bidders[at % bidders.length];
  if (bidder === undefined) throw new RangeError('nobody bids here');
  const reply = await deployment.bid(bidder, auctionId, through && { through });
  if (reply.outcome === 'accepted') return true;
  if (reply.outcome === 'pending') throw new RefusedError(`a bid on ${auctionId} had no outcome in time`);
  const { code, message, details } = reply.rejection;
  if (OVERTAKEN.includes(code)) return false;
  const cause = 'cause' in details ? ` (${String(details.cause)})` : '';
  throw new RefusedError(`a bid on ${auctionId} was answered ${code}${cause}: ${message}`);
}

/** @throws Refused when the platform does not take so many. */
async function grow(deployment: Deployment, place: Place, bids: number): Promise<void> {
  for (let accepted = 0, sent = 0; accepted < bids; ) {
    const wave = Array.from({ length: Math.min(AT_ONCE, bids - accepted) }, (_, at) => sent + at);
    const decided = await Promise.all(wave.map((at) => bid(deployment, place, at)));
    accepted += decided.filter((yes) => yes).length;
    sent += wave.length;
  }
}

async function sampled(work: () => Promise<unknown>, count: number): Promise<Sample> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000 / count, latencyMs: (performance.now() - startedAt) / count };
}

/** Bids one after the other on streams that the process holds in memory. */
const warm = (deployment: Deployment, place: Place, sample: number): Promise<Sample> =>
  sampled(async () => {
    for (let at = 0; at < BIDS_PER_SAMPLE; at++) await bid(deployment, place, sample * BIDS_PER_SAMPLE + at);
  }, BIDS_PER_SAMPLE);

/** The first bid of a process: its streams are read from their snapshots and the events behind them. */
async function cold(deployment: Deployment, place: Place, sample: number): Promise<Sample> {
  const pipeline = pipelineOf(deployment.engines, noLog, openDoor);
  const result = await sampled(() => bid(deployment, place, sample, pipeline), 1);
  await pipeline.drain();
  return result;
}

interface Lengths {
  readonly name: string;
  readonly what: string;
  readonly lengths: readonly number[];
  readonly samples: number;
  /** As many places of a length as samples are taken of it, or the same one again and again. */
  place(length: number, sample: number): Place;
  take(deployment: Deployment, place: Place, sample: number): Promise<Sample>;
  readonly goal?: Goal;
}

/** Takes samples of each length in turn, and compares each length with the shortest. The longest is profiled. */
async function compare(
  run: Run,
  deployment: Deployment,
  { name, what, lengths, samples, place, goal, take }: Lengths,
): Promise<readonly Row[]> {
  const taken = new Map(lengths.map((length) => [length, [] as Sample[]]));
  for (let sample = 0; sample < samples; sample++)
    for (const [length, list] of taken) list.push(await take(deployment, place(length, sample), sample));
  await run.profiled(name, async () => {
    const longest = lengths.at(-1) ?? SHORT;
    for (let sample = 0; sample < samples; sample++) await take(deployment, place(longest, sample), sample);
  });
  const of = (length: number, figure: keyof Sample): number =>
    median((taken.get(length) ?? []).map((sample) => sample[figure]));
  const longer = lengths.filter((length) => length !== SHORT);
  return longer.map((length) =>
    ranRow({
      name: `${name}-${length}`,
      what: `${what}, ${length} bids`,
      value: of(length, 'cpuMs'),
      unit: 'ms of CPU for a bid',
      against: { what: `the same at ${SHORT} bids`, value: of(SHORT, 'cpuMs') },
      ...(goal !== undefined && { goal }),
      rounds: samples,
      medianOf: 'samples, those of all lengths in turn',
      details: {
        'latency ms': of(length, 'latencyMs'),
        [`latency ms at ${SHORT}`]: of(SHORT, 'latencyMs'),
        'ratio of latencies': of(length, 'latencyMs') / of(SHORT, 'latencyMs'),
      },
    }),
  );
}

/** Auctions that have come to each length, `places` of the shortest and one of each other. */
async function grown(
  deployment: Deployment,
  prefix: string,
  options: { readonly lengths: readonly number[]; readonly places: number; readonly bidders: number },
): Promise<(length: number, sample: number) => Place> {
  const { lengths, places, bidders } = options;
  const byLength = new Map<number, readonly Place[]>();
  for (const length of lengths) {
    const name = `${prefix}-${length}`;
    const auctions = await givenAuctions(deployment, name, length === SHORT ? places : 1);
    const list: Place[] = [];
    for (const [at, auctionId] of auctions.entries()) {
      const place = { auctionId, bidders: await givenBidders(deployment, `${name}-${at}`, bidders) };
      await join(deployment, auctionId, place.bidders);
      await grow(deployment, place, length);
      list.push(place);
    }
    byLength.set(length, list);
  }
  return (length, sample) => {
    const list = byLength.get(length) ?? [];
    const place = list[sample % list.length];
    if (place === undefined) throw new RangeError(`there is no auction of ${length} bids`);
    return place;
  };
}

/** What a bid costs in a long auction, by bidders who each have a share of it. */
const auctionLength: Bench = {
  name: 'stream',
  async measure(run) {
    const deployment = await openDeployment(path(run.folder, 'deployment'), {
      everyRole: false,
      limits: openDoor,
    });
    try {
      const lengths = run.short ? [SHORT, 100] : [SHORT, 1_000, 10_000];
      const samples = run.short ? 2 : 15;
      const place = await grown(deployment, 'a', { lengths, places: samples, bidders: BIDDERS });
      const all = { lengths, samples, place };
      const inMemory = {
        ...all,
        name: 'stream',
        what: 'a bid on an auction held in memory',
        take: warm,
        goal: GOAL,
      };
      const read = {
        ...all,
        name: 'stream-cold',
        what: 'the first bid of a process on an auction',
        take: cold,
      };
      return [...(await compare(run, deployment, inMemory)), ...(await compare(run, deployment, read))];
    } finally {
      await deployment.close();
    }
  },
};

/** What a bid costs somebody whose one hold has had many claims: one bidder who raises again and again. */
const walletLength: Bench = {
  name: 'claims',
  async measure(run) {
    const deployment = await openDeployment(path(run.folder, 'deployment'), {
      everyRole: false,
      limits: openDoor,
    });
    const what = 'a raise by one bidder, as a claim under one hold';
    // A hold takes 10,000 claims in all, those of the samples included.
    const lengths = run.short ? [SHORT, 100] : [SHORT, 1_000, 9_000];
    const samples = run.short ? 2 : 15;
    try {
      const place = await grown(deployment, 'w', { lengths, places: samples, bidders: 1 });
      return await compare(run, deployment, {
        name: 'claims',
        what,
        lengths,
        samples,
        place,
        take: warm,
        goal: GOAL,
      });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const longer = lengths.filter((length) => length !== SHORT);
      return longer.map((length) => ({
        ran: false,
        name: `claims-${length}`,
        what: `${what}, ${length} bids`,
        goal: GOAL,
        why: error.message,
      }));
    } finally {
      await deployment.close();
    }
  },
};

export const lengthBenches: readonly Bench[] = [auctionLength, walletLength];
