import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deciders, reactions, registry, workflows } from '#compose/contexts.ts';
import { memoryStores } from '#compose/stores.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { otto, person, sam } from '#test/support/given.ts';
import { givenPlatform } from '#test/support/platform.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { told } from '#test/support/told.ts';
import { busyStore } from './busy-store.ts';
import { during, inTime, isAccepted, isOverloaded, p99, type Stage, sentFrom } from './flood.ts';

// A bid is three durable steps in three streams, one behind the other. It is admitted once, at the door; that a step of it
// meets a full platform must not happen.

const AUCTIONS = 10;
const BIDDERS = 200;
const SECONDS = 8;
/** Ten times what the store can do: 2,000 events a second, of which each bid takes four or five. */
const BIDS_PER_SECOND = 5_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const usd = (amount: number) => ({ amount: String(amount), currency: 'USD' });

interface Room extends Stage {
  readonly everything: () => Promise<readonly StoredEvent[]>;
  send(actor: Actor, command: string, data: object): ReturnType<Stage['pipeline']['dispatch']>;
}

function givenRoom(): Room {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const memory = memoryStores({ clock }).store;
  const store = busyStore(memory, clock, { commitMs: 8, eventsPerCommit: 16 });
  const { pipeline, newId } = givenPlatform({
    contexts: registry.contexts,
    ...{ deciders, workflows, reactions, store, clock },
  });
  return {
    clock,
    pipeline,
    random: seededRandom(3),
    waiting: store.waiting,
    send: (actor, command, data) =>
      pipeline.dispatch({ command, data, commandId: newId(), actor, origin: { channel: 'http' } }),
    async everything() {
      const all: StoredEvent[] = [];
      for (;;) {
        const after = all.at(-1)?.position;
        const page = await memory.readAll({ limit: 1_000, ...(after !== undefined && { after }) });
        all.push(...page.events);
        if (page.end) return all;
      }
    },
  };
}

/** Open auctions, and people with more money than they can lose who have joined one each. */
async function prepare(room: Room, bidders: readonly Actor[]): Promise<void> {
  const must = async (actor: Actor, command: string, data: object): Promise<void> => {
    const reply = await inTime(room, room.send(actor, command, data));
    assert.equal(reply.outcome, 'accepted', `${command}: ${told(reply)}`);
  };
  const now = room.clock.now();
  const words = { title: 'Wristwatch', description: 'Steel.' };
  const fees = { commission: [{ rateBasisPoints: 1_000 }], premium: [{ rateBasisPoints: 1_500 }] };
  await must(otto, 'ScheduleSale', { saleId: 's1', ...words, currency: 'USD', ...fees, ladderVersion: 1 });
  await must(otto, 'PublishSale', { saleId: 's1' });
  for (let at = 0; at < AUCTIONS; at++) {
    const [auctionId, lotId] = [`a${at}`, `l${at}`];
    const amounts = { estimateLow: usd(100), estimateHigh: usd(900), openingBid: usd(100) };
    await must(sam, 'ConsignLot', { lotId, ...words, categories: [], pictures: [], ...amounts });
    const times = { opensAt: later(now, DAY_MS), endsAt: later(now, 2 * DAY_MS) };
    await must(sam, 'ScheduleAuction', { auctionId, lotId, saleId: 's1', ...times });
    await must(sam, 'OpenAuction', { auctionId });
  }
  for (const [at, bidder] of bidders.entries()) {
    await must(bidder, 'JoinAuction', { auctionId: `a${at % AUCTIONS}` });
    await must(bidder, 'OpenWallet', { currency: 'USD' });
    const credit = { person: bidder.id, currency: 'USD', amount: '900000000000000', movement: `f${at}` };
    await must(systemActor('test'), 'CreditWallet', { ...credit, reason: 'top_up' });
  }
}

/** How each bid of the history ended: exactly one end for each that was placed. */
function endsOf(history: readonly StoredEvent[]): ReadonlyMap<unknown, readonly string[]> {
  const ends = new Map<unknown, string[]>();
  for (const { type, data } of history) {
    if (type === 'BidPlaced') ends.set(data.bidId, []);
    if (type === 'BidAccepted' || type === 'BidRefused') ends.get(data.bidId)?.push(type);
    if (type === 'FundsRefused') ends.get(data.claimId)?.push(type);
  }
  return ends;
}

it('a flood of bids is refused at the door, and each bid that was let in goes all its steps', async () => {
  const room = givenRoom();
  const bidders = Array.from({ length: BIDDERS }, (_, at) => person(`bidder${at}`));
  await prepare(room, bidders);
  let maximum = 1_000;
  let next = 0;
  const bids = (perSecond: number) => ({
    perSecond,
    send() {
      next += 1;
      maximum += 20_000;
      const at = next % BIDDERS;
      const auctionId = `a${at % AUCTIONS}`;
      return room.send(bidders[at] ?? sam, 'PlaceBid', { auctionId, maximum: usd(maximum) });
    },
  });

  const { usual } = await during(room, 10, { usual: bids(10) });
  const { flood, crowd } = await during(room, SECONDS, { flood: bids(BIDS_PER_SECOND) });

  // The burst that a calm platform lets in is less than one in a hundred of a minute's bids, but not of these few seconds'.
  const steady = sentFrom(flood, 1_000);
  assert.ok(p99(steady) <= 3 * p99(usual), `${p99(steady)} ms, usually ${p99(usual)}`);
  assert.ok(flood.filter(isAccepted).length > 200 * SECONDS, `${flood.filter(isAccepted).length} accepted`);
  assert.ok(flood.filter(isOverloaded).length > flood.length * 0.8);
  // Refused at the door, and nowhere behind it: nothing is recorded of such a bid, and none waits for its outcome.
  for (const { reply } of flood.filter(isOverloaded)) assert.deepEqual(reply.events, []);
  assert.ok(flood.every(({ reply }) => reply.outcome !== 'pending'));
  assert.ok(crowd.waiting <= crowd.inFlight + 1, `${crowd.waiting} appends, ${crowd.inFlight} in flight`);
  const history = await room.everything();
  for (const [bidId, ends] of endsOf(history)) assert.equal(ends.length, 1, `${bidId}: ${ends}`);
});
