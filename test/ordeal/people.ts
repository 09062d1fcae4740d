import type { Session } from '#demo/api.ts';
import { openWallet, topUp } from '#test/crash/deeds.ts';
import { startFollowers } from '#test/crash/followers.ts';
import { startLoad } from '#test/crash/load.ts';
import type { Line } from '#test/judge/log.ts';
import { positionIn } from '#test/judge/tokens.ts';
import type { AcknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { type Counter, counterAt } from '#test/support/counter.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { type BusPerson, busPerson } from './bus-person.ts';
import type { busAt } from './left-there.ts';

// Everybody who uses a platform while it is hit: bidders over REST and over the bus, and followers over sockets and requests.

const FUNDS = 1_000_000;
/** Who bids next bids on one of the last so many auctions. */
const AUCTIONS_AT_ONCE = 3;
/** How long an auction runs, in milliseconds: longer than what a fault keeps its opening from. */
const LASTS_MS = { shortestMs: 10_000, longestMs: 25_000 };

export interface PeopleOptions {
  readonly url: string;
  readonly log: AcknowledgementLog;
  readonly bus: ReturnType<typeof busAt>;
  /** Of the history. */
  readonly epoch: string;
  readonly seed: number;
  readonly bidders: number;
  /** The longest that one of them thinks, in milliseconds. */
  readonly thinkMs: number;
  readonly over: AbortSignal;
}

export interface People {
  /** How far the feed of all events has told. */
  told(): bigint;
  auctions(): number;
  /** Begins nothing new; resolves when all is answered, with when the last auction ends, in milliseconds since 1970. */
  finish(): Promise<number>;
  /** To be said when the signal has ended them: what a feed was refused. */
  leave(): Promise<readonly string[]>;
}

/** Notes how far the feed of all events is. */
function noting(log: AcknowledgementLog, epoch: string) {
  let told = 0n;
  const noted: AcknowledgementLog = {
    ...log,
    write(line: Line) {
      log.write(line);
      if (line.kind === 'told' && line.feed === 'events of all')
        told = positionIn(epoch, line.position) ?? told;
    },
  };
  return { noted, told: () => told };
}

async function withMoney(counter: Counter, person: string): Promise<Session> {
  const who = await counter.signIn(person, 'bidder');
  await openWallet(counter, who);
  await topUp(counter, who, 'funds', FUNDS);
  return who;
}

/** They move in, and begin. */
export async function startPeople(options: PeopleOptions): Promise<People> {
  const { url, log, bus, epoch, seed, bidders, thinkMs, over } = options;
  const { noted, told } = noting(log, epoch);
  const counter = counterAt(url, noted, over);
  const followers = await startFollowers(counter, noted, over);
  const offered: string[] = [];
  const load = await startLoad({
    ...{ counter, over, bidders, thinkMs, random: seededRandom(seed), ...LASTS_MS },
    // Whoever pays in asks what the views say, which is nothing while MongoDB is away.
    payers: Math.ceil(bidders / 3),
    offered(auctionId) {
      offered.push(auctionId);
      followers.follow(auctionId);
    },
  });
  const random = seededRandom(seed + 1);
  const person: BusPerson = await busPerson({
    ...{ at: bus, log: noted, random, over, thinkMs, other: 'bidder-0' },
    who: await withMoney(counter, 'bus-bidder'),
    auction: () => offered.slice(-AUCTIONS_AT_ONCE)[Math.floor(random() * AUCTIONS_AT_ONCE)],
  });
  return {
    told,
    auctions: () => load.auctions,
    async finish() {
      await Promise.all([load.finish(), person.finish()]);
      return load.lastEndMs;
    },
    async leave() {
      await Promise.all([followers.end(), person.finish()]);
      return followers.failures;
    },
  };
}
