import { join as path } from 'node:path';
import { openHistory } from '#compose/stores.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { givenAuctions, givenBidders, join, openDeployment, openDoor } from './deployment.ts';

/** The original's auctions and people carry it in their ids; each copy has another. */
const TAG = 'copy-0-';
const AUCTIONS = 40;
const BIDDERS = 120;
/** Of these, so many bid in each auction, at once. */
const BIDDERS_PER_AUCTION = 12;
/** So many appends of a copy are on their way at once. */
const IN_FLIGHT = 2_000;

/** Every event of a store, by pages. */
export async function* everyEvent(store: EventStore): AsyncGenerator<readonly StoredEvent[]> {
  for (let after = BEGINNING; ; ) {
    const { events, through, end } = await store.readAll({ after, limit: storeLimits.pageEvents });
    yield events;
    if (end) return;
    after = through;
  }
}

/** Sales, lots, wallets and bids as the platform itself records them. */
async function original(folder: string, bids: number): Promise<readonly StoredEvent[]> {
  const deployment = await openDeployment(folder, { everyRole: false, limits: openDoor });
  try {
    const auctions = await givenAuctions(deployment, `${TAG}auction`, AUCTIONS);
    const bidders = await givenBidders(deployment, TAG, BIDDERS);
    let placed = 0;
    await Promise.all(
      auctions.map(async (auctionId, at) => {
        const here = Array.from(
          { length: BIDDERS_PER_AUCTION },
          (_, seat) => bidders[(at * 7 + seat) % BIDDERS] ?? bidders[0],
        ).filter((bidder) => bidder !== undefined);
        await join(deployment, auctionId, here);
        await Promise.all(
          here.map(async (bidder) => {
            for (; placed < bids; ) {
              placed += 1;
              await deployment.bid(bidder, auctionId);
            }
          }),
        );
      }),
    );
    const events: StoredEvent[] = [];
    for await (const page of everyEvent(deployment.engines.store)) events.push(...page);
    return events;
  } finally {
    await deployment.close();
  }
}

/** The same story of other auctions and other people: every id is another one, consistently. */
function copied({ stream, eventId, type, data, metadata }: StoredEvent, copy: number) {
  const tag = `copy-${copy}-`;
  const digits = copy.toString(16).padStart(3, '0');
  const renamed = (text: string): string =>
    text
      .replaceAll(TAG, tag)
      .replaceAll(
        /\b([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{9})[0-9a-f]{3}\b/g,
        `$1${digits}`,
      );
  return {
    stream: renamed(stream),
    event: {
      eventId: renamed(eventId),
      type,
      data: JSON.parse(renamed(JSON.stringify(data))) as StoredEvent['data'],
      metadata: JSON.parse(renamed(JSON.stringify(metadata))) as StoredEvent['metadata'],
    },
  };
}

/**
 * A folder with a history of so many auctions that it is worth reading: one that the platform has recorded, and as many
 * copies of it as make up at least so many events. Answers how many there are.
 */
export async function givenHistory(
  folder: string,
  { bids, events: wanted }: { readonly bids: number; readonly events: number },
): Promise<number> {
  const told = await original(path(folder, 'original'), bids);
  const store = await openHistory(
    { profile: 'embedded', folder: path(folder, 'history') },
    { clock: systemClock() },
  );
  const pending = new Set<Promise<unknown>>();
  let count = 0;
  for (let copy = 1; count < wanted; copy++) {
    for (const each of told) {
      const { stream, event } = copied(each, copy);
      const append = store.append(stream, 'any', [event]).finally(() => pending.delete(append));
      pending.add(append);
      count += 1;
      if (pending.size >= IN_FLIGHT) await Promise.all(pending);
    }
  }
  await Promise.all(pending);
  await store.close();
  return count;
}

export const historyFolder = (folder: string): string => path(folder, 'history');
