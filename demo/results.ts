import { z } from 'zod';
import type { Api } from './api.ts';
import { auctionIdOf, type Sale } from './house.ts';
import { type PlannedLot, winnerOf } from './plan.ts';

const PAGE = 100;

const Cents = z.object({ amount: z.string().regex(/^\d+$/).transform(BigInt) });
const Ended = z.object({
  auctionId: z.string(),
  phase: z.string(),
  settled: z.boolean(),
  bids: z.int(),
  winner: z.string().nullable(),
  hammer: Cents.nullable(),
});
const Page = z.object({
  auctions: z.object({
    edges: z.array(z.object({ node: Ended })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});
const Head = z.object({ now: z.string() });
const AUCTIONS = `query ($saleId: ID!, $first: Int!, $after: Cursor, $atLeast: Token) {
  auctions(saleId: $saleId, first: $first, after: $after, atLeast: $atLeast) {
    edges { node { auctionId phase settled bids winner hammer { amount } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** How an auction ended, beside how it ended at eBay. */
export interface Result {
  readonly lot: PlannedLot;
  readonly auctionId: string;
  /** Whether it has come to its end: sold, paid for and paid out, or not sold. */
  readonly over: boolean;
  /** Accepted bids. */
  readonly bids: number;
  readonly winner: string | null;
  readonly hammer: bigint | null;
  readonly winnerEqual: boolean;
  readonly priceEqual: boolean;
}

async function endedIn(api: Api, saleId: string): Promise<ReadonlyMap<string, z.output<typeof Ended>>> {
  const { now } = await api.ask(Head, '{ now }', {});
  const ended = new Map<string, z.output<typeof Ended>>();
  for (let after: string | null | undefined; after !== null; ) {
    const variables = { saleId, first: PAGE, after, atLeast: now };
    const { auctions } = await api.ask(Page, AUCTIONS, variables);
    for (const { node } of auctions.edges) ended.set(node.auctionId, node);
    after = auctions.pageInfo.hasNextPage ? auctions.pageInfo.endCursor : null;
  }
  return ended;
}

/** Asks how every auction of a sale ended. */
export async function resultsOf(api: Api, sale: Sale): Promise<readonly Result[]> {
  const ended = await endedIn(api, sale.id);
  return sale.lots.map((lot) => {
    const auctionId = auctionIdOf(sale, lot);
    const auction = ended.get(auctionId);
    if (auction === undefined) throw new Error(`the auction ${auctionId} is not found`);
    const { phase, settled, bids, winner, hammer } = auction;
    return {
      ...{ lot, auctionId, bids, winner },
      over: settled || phase === 'passed',
      hammer: hammer?.amount ?? null,
      winnerEqual: winner === winnerOf(lot),
      priceEqual: hammer?.amount === lot.finalPrice,
    };
  });
}
