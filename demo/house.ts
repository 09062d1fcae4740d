import { z } from 'zod';
import type { Api, Session } from './api.ts';
import { eachOf } from './at-once.ts';
import { laterBy, type PlatformClock } from './clock.ts';
import type { PlannedLot } from './plan.ts';
import { stage } from './progress.ts';

// The house and its consignors: one sale for each time the file is replayed, with every auction of the file as a lot.

export const CURRENCY = 'USD';
/** The eBay US ladder. */
const LADDER_VERSION = 1;
const CONSIGNORS = 8;
const AT_ONCE = 32;
/** From the announcement of a sale to the opening of its lots. */
const NOTICE_MS = 24 * 60 * 60 * 1_000;

/** Marginal tiers in cents, as salerooms have them. */
const premium = [
  { upTo: '50000', rateBasisPoints: 1_000 },
  { upTo: '500000', rateBasisPoints: 800 },
  { rateBasisPoints: 500 },
];
const commission = [{ upTo: '100000', rateBasisPoints: 1_000 }, { rateBasisPoints: 600 }];

/** No premium is above the first tier's rate on the whole price: whoever has this much, has enough. */
export const premiumAtMost = (price: bigint): bigint => price / 10n + 1n;

export interface House {
  readonly auctioneer: Session;
  readonly auditor: Session;
  readonly consignors: readonly Session[];
}

export async function openHouse(api: Api): Promise<House> {
  const numbers = Array.from({ length: CONSIGNORS }, (_, index) => index + 1);
  const consignors = await Promise.all(
    numbers.map((number) => api.signIn(`consignor-${number}`, ['seller'])),
  );
  // Proceeds are paid into wallets.
  await Promise.all(
    consignors.map((each) => api.accepted(each, 'wallets/open-wallet', { currency: CURRENCY }, 'wallet')),
  );
  return {
    auctioneer: await api.signIn('auctioneer', ['auctioneer']),
    auditor: await api.signIn('auditor', ['auditor']),
    consignors,
  };
}

/** A sale in which lots are auctioned all at the same time. */
export interface Sale {
  readonly id: string;
  readonly lots: readonly PlannedLot[];
  readonly opensAt: string;
}

/** A lot and its auction have the same id. */
export const auctionIdOf = (sale: Pick<Sale, 'id'>, lot: PlannedLot): string => `${sale.id}-${lot.number}`;

const money = (cents: bigint) => ({ amount: String(cents), currency: CURRENCY });
/** `Palm Pilot M515 PDA` → `palm-pilot-m515-pda` */
const categoryOf = (title: string): string => {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? ['other'];
  return words.join('-').slice(0, 40).replace(/-$/, '');
};

const Announced = z.object({
  streamEvents: z.object({ events: z.array(z.object({ type: z.string(), occurredAt: z.iso.datetime() })) }),
});

/**
 * When the lots of a sale open: counted from its announcement as the history has it, so that a run that goes on after a
 * crash finds the same moment.
 */
async function openingOf(api: Api, { auditor }: House, saleId: string): Promise<string> {
  const query = `query ($stream: String!) { streamEvents(stream: $stream, first: 10) { events { type occurredAt } } }`;
  const { streamEvents } = await api.ask(Announced, query, { stream: `sale-${saleId}` }, auditor);
  const announced = streamEvents.events.find(({ type }) => type === 'SalePublished');
  if (announced === undefined) throw new Error(`the sale ${saleId} was not announced`);
  return laterBy(announced.occurredAt, NOTICE_MS);
}

/** Announces a sale and puts every lot up in it. */
export async function announce(
  api: Api,
  house: House,
  { id, title, lots }: { id: string; title: string; lots: readonly PlannedLot[] },
): Promise<Sale> {
  const { auctioneer, consignors } = house;
  const terms = { currency: CURRENCY, premium, commission, ladderVersion: LADDER_VERSION };
  const described = { saleId: id, title, description: 'Auctions that eBay held, held again.', ...terms };
  await api.accepted(auctioneer, 'auctions/schedule-sale', described, id);
  await api.accepted(auctioneer, 'auctions/publish-sale', { saleId: id }, id);
  const sale: Sale = { id, lots, opensAt: await openingOf(api, house, id) };
  const listing = stage('lots put up', lots.length);
  await eachOf(lots.entries(), AT_ONCE, async ([index, lot]) => {
    const consignor = consignors[index % consignors.length];
    if (consignor === undefined) throw new RangeError('there is no consignor');
    await putUp(api, consignor, sale, lot);
    listing.tick();
  });
  listing.end();
  return sale;
}

async function putUp(api: Api, consignor: Session, sale: Sale, lot: PlannedLot): Promise<void> {
  const id = auctionIdOf(sale, lot);
  const { title, openingBid, finalPrice, reserve, durationMs } = lot;
  const consigned = {
    lotId: id,
    title,
    description: `Number ${lot.number} at eBay.`,
    categories: [categoryOf(title)],
    pictures: [],
    estimateLow: money(openingBid),
    estimateHigh: money(finalPrice > openingBid ? finalPrice : openingBid),
    openingBid: money(openingBid),
    ...(reserve === undefined ? {} : { reserve: money(reserve) }),
  };
  await api.accepted(consignor, 'auctions/consign-lot', consigned, id);
  const { id: saleId, opensAt } = sale;
  const scheduled = { auctionId: id, lotId: id, saleId, opensAt, endsAt: laterBy(opensAt, durationMs) };
  await api.accepted(consignor, 'auctions/schedule-auction', scheduled, id);
}

/** Opens the lots at their moment. */
export const open = (clock: PlatformClock, { opensAt }: Sale): Promise<void> => clock.moveTo(opensAt);

/** Lets the last lot of a sale end, and waits until all of it is settled. */
export async function close(clock: PlatformClock, { opensAt, lots }: Sale): Promise<void> {
  const longestMs = lots.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0);
  await clock.moveTo(laterBy(opensAt, longestMs));
  await clock.settle();
}
