import type { JsonObject } from '#domain/kernel/canonical.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { ViewsDisk } from './views-disk.ts';
import { type Beginning, World } from './world.ts';

const MORNING = millisecondsOf('2026-03-01T12:00:00.000Z');
const MOST_QUIET_MS = 10 * 60_000;

const usd = (amount: number) => ({ amount: String(amount), currency: 'USD' });

type Told = readonly [who: string, command: string, data: JsonObject];

const wallets: readonly Told[] = ['ann', 'bob', 'cat', 'dan', 'sam'].map((who) => [
  ...([who, 'OpenWallet', { currency: 'USD' }] as const),
]);
const topUps: readonly Told[] = [
  ['ann', 'RequestTopUp', usd(100_00)],
  ['bob', 'RequestTopUp', usd(60_00)],
  ['cat', 'RequestTopUp', usd(40_00)],
  ['dan', 'RequestTopUp', usd(3_00)],
];

const lot = (lotId: string, reserve?: number): JsonObject => ({
  ...{ lotId, title: 'Wristwatch', description: 'Steel, 1960s.', categories: ['watches'], pictures: [] },
  ...{ estimateLow: usd(1_00), estimateHigh: usd(50_00), openingBid: usd(1_00) },
  ...(reserve === undefined ? {} : { reserve: usd(reserve) }),
});
const sale: readonly Told[] = [
  [
    ...(['otto', 'ScheduleSale'] as const),
    {
      ...{
        saleId: 's1',
        title: 'Watches',
        description: 'A sale of watches.',
        currency: 'USD',
        ladderVersion: 1,
      },
      ...{ premium: [{ rateBasisPoints: 1_000 }], commission: [{ rateBasisPoints: 500 }] },
    },
  ],
];
const lots: readonly Told[] = [
  ['otto', 'PublishSale', { saleId: 's1' }],
  ['sam', 'ConsignLot', lot('l1')],
  ['sue', 'ConsignLot', lot('l2', 20_00)],
  ['sam', 'ConsignLot', lot('l3')],
  ['sam', 'ConsignLot', lot('l4')],
];
const auction = (who: string, number: number, opens: string, ends: string): Told => [
  ...([who, 'ScheduleAuction'] as const),
  {
    ...{ auctionId: `a${number}`, lotId: `l${number}`, saleId: 's1' },
    ...{ opensAt: `2026-03-01T${opens}:00.000Z`, endsAt: `2026-03-01T${ends}:00.000Z` },
  },
];
const auctions: readonly Told[] = [
  auction('sam', 1, '13:00', '14:00'),
  auction('sue', 2, '13:00', '13:40'),
  auction('sam', 3, '13:20', '14:20'),
];
const joins: readonly Told[] = ['ann', 'bob', 'cat', 'dan'].flatMap((who) =>
  ['a1', 'a2'].map((auctionId): Told => [who, 'JoinAuction', { auctionId }]),
);

/** Already the beginning, without any trouble, did not go well. */
export class BeginningError extends Error {
  readonly problems: readonly string[];
  constructor(stage: string, problems: readonly string[]) {
    super(`the beginning is stuck at ${stage}`);
    this.name = 'BeginningError';
    this.problems = [this.message, ...problems];
  }
}

/** Wallets with money in them, a sale, and two of its auctions open: built by the platform itself, without trouble. */
async function build(): Promise<Beginning> {
  const before = { events: [], views: new ViewsDisk(), machineMs: MORNING, businessMs: MORNING };
  const world = new World({ seed: 0, shared: false, ringEvents: 1_000, beginning: before });
  const { clients, scheduler, disk, money } = world;
  let sent = 0;

  async function through(what: string, holds: () => boolean): Promise<void> {
    if (await world.until(holds, MOST_QUIET_MS)) return;
    throw new BeginningError(what, world.wrong);
  }
  async function all(told: readonly Told[]): Promise<void> {
    for (const [who, command, data] of told) {
      sent += 1;
      void clients.send({ who, command, data, id: `b${sent}` });
    }
    await through(told[0]?.[1] ?? '', () => clients.waiting === 0);
  }
  const count = (type: string): number => disk.events.filter((event) => event.type === type).length;

  await through('the start', () => world.allStarted);
  await all(wallets);
  await all(sale);
  await all(lots);
  await all([...topUps, ...auctions]);
  await through('the pages', () => count('TopUpRequiresAction') === topUps.length);
  money.confirmAll();
  await through('the credits', () => count('FundsCredited') === topUps.length && money.undelivered === 0);
  scheduler.pass(millisecondsOf('2026-03-01T13:00:00.000Z') - scheduler.businessMs);
  await through('the opening', () => count('AuctionOpened') === 2);
  await all(joins);
  await through('rest', restOf(world));
  await stop(world);
  const { events } = disk;
  const { machineMs, businessMs } = scheduler;
  await world.close();
  return { events, views: world.views, machineMs, businessMs };
}

/** Holds once the roles say that they have settled everything there is. */
function restOf({ reachable, disk }: World): () => boolean {
  let settled = false;
  void reachable[0]?.started?.sagas.settled(disk.head(), 60_000).then((all) => {
    settled = all;
  });
  return () => settled;
}

/** Ends the process as after SIGTERM, so that nobody has to wait for its leases. */
async function stop(world: World): Promise<void> {
  let stopped = false;
  const [platform] = world.reachable;
  void Promise.all([platform?.started?.sagas.stop(), platform?.started?.views.stop()]).then(() => {
    stopped = true;
  });
  await world.until(() => stopped, MOST_QUIET_MS);
}

let built: Promise<Beginning> | undefined;

/** The same for every run of this process, and in every process: it depends on the code alone. */
export function beginning(): Promise<Beginning> {
  built ??= build();
  return built;
}
