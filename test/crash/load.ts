import { setTimeout as pause } from 'node:timers/promises';
import type { Session } from '#demo/api.ts';
import type { Random } from '#domain/kernel/ports/facts.ts';
import type { Counter } from '#test/support/counter.ts';
import { announceSale, offerLot, openWallet, topUp, usd } from './deeds.ts';

// A platform in full swing: lots are offered and end while people bid, pay in, pay out and pay each other.

const BIDDERS = 10;
/** Auctions that run at the same time. */
const AUCTIONS = 3;
/** From the scheduling of an auction to its opening, and from there to its end, in milliseconds. */
const NOTICE_MS = 300;
const SHORTEST_MS = 4_000;
const LONGEST_MS = 10_000;
const THINK_MS = 10;
const FUNDS = 1_000_000n;

interface Auction {
  readonly id: string;
  readonly opensMs: number;
  readonly endsMs: number;
  /** About what was bid last, in minor units. */
  level: number;
}

interface Deed {
  readonly id: string;
  readonly path: string;
  readonly data: object;
  /** Set for a bid. */
  readonly auctionId?: string;
}

export interface Load {
  /** When the last auction ends, in milliseconds since 1970. */
  readonly lastEndMs: number;
  /** How many were held. */
  readonly auctions: number;
  /** Begins nothing new, and resolves when all that was begun has its answer. */
  finish(): Promise<void>;
}

export interface LoadOptions {
  readonly counter: Counter;
  readonly random: Random;
  /** Ends it without waiting for anything, when nobody answers any more. */
  readonly over: AbortSignal;
  /** Told of each auction as soon as it is there. */
  readonly offered: (auctionId: string) => void;
  /** From the opening of an auction to its end, in milliseconds. Default 4 to 10 seconds. */
  readonly shortestMs?: number;
  readonly longestMs?: number;
  /** How many bid. Default 10. */
  readonly bidders?: number;
  /** How many of them pay in again and again, for which they ask what the views say. Default: all. */
  readonly payers?: number;
  /** The longest a person thinks between two acts, in milliseconds. Default 10. */
  readonly thinkMs?: number;
}

/** Moves in: a sale, and people with money in their wallets. */
async function moveIn(
  counter: Counter,
  bidding: number,
): Promise<{ sam: Session; bidders: readonly Session[] }> {
  const otto = await counter.signIn('otto', 'auctioneer');
  const sam = await counter.signIn('sam', 'seller', 'bidder');
  await announceSale(counter, otto);
  await openWallet(counter, sam);
  const names = Array.from({ length: bidding }, (_, at) => `bidder-${at}`);
  const bidders = await Promise.all(names.map((name) => counter.signIn(name, 'bidder')));
  await Promise.all(
    bidders.map(async (who) => {
      await openWallet(counter, who);
      await topUp(counter, who, 'funds', FUNDS);
    }),
  );
  return { sam, bidders };
}

/** Begins the load; the platform has to be up for the first moments only. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { counter, random, over, offered, thinkMs = THINK_MS } = options;
  const { shortestMs = SHORTEST_MS, longestMs = LONGEST_MS } = options;
  const { sam, bidders } = await moveIn(counter, options.bidders ?? BIDDERS);
  const { payers = bidders.length } = options;
  const below = (limit: number): number => Math.floor(random() * limit);
  const live = new Map<string, Auction>();
  let auctions = 0;
  let lastEndMs = 0;
  let finishing = false;

  async function holdAuctions(slot: number): Promise<void> {
    for (let nth = 0; !(finishing || over.aborted); nth++) {
      const id = `a${slot}-${nth}`;
      const opensMs = Date.now() + NOTICE_MS;
      const endsMs = opensMs + shortestMs + below(longestMs - shortestMs);
      const times = { opensAt: new Date(opensMs).toISOString(), endsAt: new Date(endsMs).toISOString() };
      // Whoever is answered after the end, because the platform was down, is told no and offers the next.
      if (!(await offerLot(counter, sam, id, times))) continue;
      auctions += 1;
      lastEndMs = Math.max(lastEndMs, endsMs);
      live.set(id, { id, opensMs, endsMs, level: 100 });
      offered(id);
      await pause(Math.max(0, endsMs - Date.now()));
      live.delete(id);
    }
  }

  function deedOf(who: Session, id: string): Deed {
    const dice = random();
    const other = bidders[below(bidders.length)];
    const [auction] = [...live.values()].sort(() => random() - 0.5);
    if (dice < 0.1) return { id, path: 'wallets/withdraw', data: usd(1 + below(500)) };
    if (dice < 0.2 || auction === undefined)
      return {
        id,
        path: 'wallets/transfer',
        data: { to: other?.person ?? who.person, ...usd(1 + below(500)) },
      };
    auction.level += below(400);
    const maximum = usd(Math.max(1, auction.level - 200 + below(600)));
    return {
      id,
      path: 'auctions/place-bid',
      data: { auctionId: auction.id, maximum },
      auctionId: auction.id,
    };
  }

  async function behave(who: Session, number: number): Promise<void> {
    const done: Deed[] = [];
    for (let act = 0; !(finishing || over.aborted); act++) {
      const dice = random();
      const again = dice < 0.1 ? done[below(done.length)] : undefined;
      const deed = again ?? deedOf(who, `act-${act}`);
      // Whoever has joined before is told so again.
      if (deed.auctionId !== undefined)
        await counter.command(who, `join-${deed.auctionId}`, 'auctions/join-auction', {
          auctionId: deed.auctionId,
        });
      const send = () => counter.command(who, deed.id, deed.path, deed.data);
      if (again === undefined) done.push(deed);
      // Now and then a person presses twice.
      await (dice > 0.95 ? Promise.all([send(), send()]) : send());
      if (number < payers && act % 20 === 19) await topUp(counter, who, `funds-${act}`, 1_000 + below(1_000));
      await pause(below(thinkMs));
    }
  }

  const everybody = [
    ...bidders.map(behave),
    ...Array.from({ length: AUCTIONS }, (_, slot) => holdAuctions(slot)),
  ];
  // A failure is told by finish; until then nobody listens.
  for (const one of everybody) one.catch(() => undefined);
  return {
    get lastEndMs() {
      return lastEndMs;
    },
    get auctions() {
      return auctions;
    },
    async finish() {
      finishing = true;
      await Promise.all(everybody);
    },
  };
}
