import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nameOf } from '#domain/auctions/auction/bid-name.ts';
import { auction } from '#domain/auctions/auction/decider.ts';
import {
  AcceptBid,
  AuctionOpened,
  AuctionScheduled,
  PassOverBid,
} from '#domain/auctions/auction/messages.ts';
import { BidPlaced } from '#domain/auctions/participant/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Command, NewEvent } from '#domain/kernel/message.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { keepLine } from '#runtime/kept-line.ts';
import { placingOrder } from '#sagas/auctions/bid-funding.ts';
import { terms } from '#test/support/auctions.ts';
import { decideOn, eventsOf, NOW, recorded } from '#test/support/given.ts';

// Placed bids come to the same in every order of funding: the auction's own decisions and the line before them, without
// wallets, streams and processes, against deciding one bid after the other as they were placed.

const runs = { numRuns: Number(process.env.ANNALS_RUNS ?? 100) };
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

const BIDDERS = ['ann', 'bob', 'cid'] as const;
const opened: readonly NewEvent[] = [AuctionScheduled(terms), AuctionOpened(terms)];

interface Placed {
  readonly bidder: (typeof BIDDERS)[number];
  readonly maximum: bigint;
}
type Recorded = RecordedEvent<'BidPlaced', ReturnType<typeof BidPlaced>['data']>;

const placedAs = (bids: readonly Placed[]): readonly Recorded[] =>
  bids.map(({ bidder, maximum }, at) => {
    const nth = bids.slice(0, at + 1).filter((other) => other.bidder === bidder).length;
    const bid = { auctionId: 'a1', bidId: `b${at}`, bidder, nth, currency: 'USD', maximum, hold: maximum };
    const where = { stream: `participant-a1:${bidder}`, revision: at, position: BigInt(at + 1) };
    return recorded(BidPlaced(bid), { eventId: `e${at}`, ...where });
  });

const acceptOf = ({ data, position }: Recorded): Command => {
  const { auctionId, maximum } = data;
  return AcceptBid({ auctionId, ...nameOf(data), maximum, placedAt: position.toString() });
};

/** The auction's queue: what is handed over is decided later, in this order, or all of it comes to nothing. */
function auctionQueue() {
  const history = [...opened];
  const waiting: { readonly command: Command; readonly settle: (settled: boolean) => void }[] = [];
  return {
    decided: () => history.slice(opened.length),
    isEmpty: () => waiting.length === 0,
    put: (command: Command) => new Promise<boolean>((settle) => waiting.push({ command, settle })),
    work(failing: boolean): void {
      for (const { command, settle } of waiting.splice(0)) {
        if (!failing) history.push(...eventsOf(decideOn(auction, history, command)));
        settle(!failing);
      }
    },
  };
}

interface Course {
  readonly bids: readonly Placed[];
  /** In which order their money is held. */
  readonly order: readonly number[];
  /** So many are funded in time; the wallets of the others answer when nobody waits for them any longer. */
  readonly inTime: number;
  /** Whether the queue works, and fails, behind each of those steps. */
  readonly work: readonly ('works' | 'fails' | 'is slow')[];
}

/** Goes through one order of funding, and comes to what the auction's stream says of the bids. */
async function courseOf({ bids, order, inTime, work }: Course): Promise<readonly NewEvent[]> {
  const clock = simulatedClock({ start: NOW });
  const kept = keepLine(placingOrder, clock);
  const queue = auctionQueue();
  const placed = placedAs(bids);
  const again: number[] = [];
  kept.met(placed, BigInt(placed.length));

  function fund(at: number): void {
    const joined = placed[at];
    assert.ok(joined);
    const asked = kept.inTurn(joined, {
      queues: true,
      async handOver(late) {
        const passing = late.map(({ data }) => {
          const bid = data as Recorded['data'];
          return PassOverBid({ auctionId: bid.auctionId, ...nameOf(bid) });
        });
        const all = await Promise.all([...passing, acceptOf(joined)].map((command) => queue.put(command)));
        return { settled: all.every((settled) => settled) };
      },
      seeTo: () => undefined,
    });
    void asked.then(({ settled }) => void (settled || again.push(at)));
  }
  async function goOn(how: Course['work'][number] = 'works'): Promise<void> {
    await soon();
    if (how === 'is slow') return;
    queue.work(how === 'fails');
    await soon();
    // The catch-up consumer, which comes to them in the order of the history.
    for (const at of again.splice(0).sort((one, other) => one - other)) fund(at);
  }

  for (const [step, at] of order.entries()) {
    if (step === inTime) {
      clock.advanceTo(later(clock.now(), placingOrder.patienceMs));
      await goOn();
    }
    fund(at);
    await goOn(work[step]);
  }
  while (!queue.isEmpty() || again.length > 0) await goOn();
  await goOn();
  return queue.decided();
}

/** What one after the other comes to, in the order in which they were placed, without those that were passed over. */
function oneByOne(bids: readonly Placed[], passedOver: ReadonlySet<string>): readonly NewEvent[] {
  const history = [...opened];
  for (const placed of placedAs(bids))
    if (!passedOver.has(placed.data.bidId))
      history.push(...eventsOf(decideOn(auction, history, acceptOf(placed))));
  return history.slice(opened.length);
}

const bidOf = ({ data }: NewEvent): string => (data as { readonly bidId: string }).bidId;
const codeOf = ({ data }: NewEvent): string | undefined =>
  (data as { readonly reason?: { readonly code: string } }).reason?.code;

/** Of every bid that nobody waited for: somebody behind it was funded in time, and it was not. */
const overtaken = ({ bids, order, inTime }: Course): readonly string[] => {
  const funded = new Set(order.slice(0, inTime));
  return bids.flatMap((_, at) =>
    !funded.has(at) && [...funded].some((other) => other > at) ? [`b${at}`] : [],
  );
};

async function holds(course: Course): Promise<void> {
  const events = await courseOf(course);
  const passedOver = events.filter(({ type }) => type === 'BidPassedOver').map(bidOf);
  assert.deepEqual(passedOver, overtaken(course));
  const apart = (event: NewEvent): boolean => passedOver.includes(bidOf(event));
  assert.deepEqual(
    events.filter((event) => !apart(event)),
    oneByOne(course.bids, new Set(passedOver)),
  );
  const refused = events.filter((event) => event.type === 'BidRefused' && apart(event));
  assert.deepEqual(
    refused.map(codeOf),
    passedOver.map(() => 'funded_too_late'),
  );
  assert.deepEqual(new Set(refused.map(bidOf)), new Set(passedOver));
}

const permutations = (items: readonly number[]): readonly (readonly number[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));

// Around the steps of the ladder and equal to each other, so that ties and bids that are just enough are common.
const maximum = fc.oneof(
  fc.constantFrom(14_50n, 15_00n, 15_50n, 20_00n),
  fc.bigInt({ min: 1_00n, max: 30_00n }),
);

test('three bidders come to the same in every order of funding, whoever of them is late', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(maximum, maximum, maximum), async (maxima) => {
      const bids = maxima.map((each, at) => ({ bidder: BIDDERS[at] ?? 'ann', maximum: each }));
      for (const order of permutations([0, 1, 2]))
        for (const inTime of [1, 2, 3]) await holds({ bids, order, inTime, work: [] });
    }),
    runs,
  );
});

const courses = fc
  .array(fc.record({ bidder: fc.constantFrom(...BIDDERS), maximum }), { minLength: 1, maxLength: 8 })
  .chain((bids) =>
    fc.record({
      bids: fc.constant(bids),
      order: fc.shuffledSubarray([...bids.keys()], { minLength: bids.length, maxLength: bids.length }),
      inTime: fc.constant(bids.length),
      work: fc.array(fc.constantFrom('works', 'fails', 'is slow'), { maxLength: bids.length }),
    }),
  );

test('so do any bids and raises, however slowly the auction’s queue works and whenever it fails', async () => {
  await fc.assert(fc.asyncProperty(courses, holds), { numRuns: 5 * runs.numRuns });
});
