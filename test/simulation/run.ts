import { registry, views } from '#compose/contexts.ts';
import { memoryStores } from '#compose/stores.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { verifyView } from '#projections/runtime/verify.ts';
import { BeginningError, beginning } from './beginning.ts';
import { FLOODED, type Story } from './story.ts';
import { type Beginning, World } from './world.ts';

/** How a run came out. */
export interface Outcome {
  /** Empty: every promise was kept. */
  readonly problems: readonly string[];
  /** Of everything that happened: two runs with the same hash were the same run. */
  readonly hash: string;
  readonly lastLines: readonly string[];
  /** From its beginning, the run's own events behind those of the beginning. */
  readonly history: readonly StoredEvent[];
  /** How many steps of the story had been told when it ended. */
  readonly told: number;
  /** Of the scheduler. */
  readonly steps: number;
  /** Appended in the run. */
  readonly events: number;
  readonly deaths: number;
  /** How often each kind of fault was met. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often events of each type were appended. */
  readonly types: Readonly<Record<string, number>>;
}

/**
 * So long without anything new in the history, in milliseconds of the machines' time, and a run is stuck. Longer than anybody
 * in the platform pauses between two tries; the provider's pauses between two notices are its own (see `mostQuietMs`).
 */
const MOST_QUIET_MS = { telling: 10 * 60_000, resting: 40_000 };
/** Roughly a day and a bit: longer than any timer of the platform. */
const LAST_TIMER_MS = 30 * 60 * 60 * 1_000;
const MOST_ROUNDS = 60;
/** In a sound run there is a timer for each payment and withdrawal, and a few for each auction. */
const MOST_TIMERS = 10_000;
const LAST_LINES = 60;

const endedAtTheBeginning = ({ problems }: BeginningError): Outcome => ({
  ...{
    problems,
    hash: '',
    lastLines: [],
    history: [],
    told: 0,
    steps: 0,
    events: 0,
    deaths: 0,
    faults: {},
    types: {},
  },
});

/** Its type; of lots that were not sold also why, because they differ in how they come about. */
function kindOf({ type, data }: StoredEvent): string {
  if (type === 'LotPassed') return `${type} ${data.cause}`;
  return type === 'AuctionCancelled' && data.cause === FLOODED ? `${type} with its sale` : type;
}

/** Tells a story to its end, and looks whether every promise was kept: after each step, and when all has come to rest. */
export async function run(story: Story): Promise<Outcome> {
  try {
    return await runFrom(await beginning(), story);
  } catch (error) {
    if (error instanceof BeginningError) return endedAtTheBeginning(error);
    throw error;
  }
}

async function runFrom(begin: Beginning, story: Story): Promise<Outcome> {
  const world = new World({ ...story, beginning: begin });
  const onRejection = (reason: unknown): void => world.complain(`nobody waited for: ${String(reason)}`);
  process.on('unhandledRejection', onRejection);
  let told = 0;
  try {
    told = await tell(world, story);
    if (world.wrong.length === 0) await rest(world);
    if (world.wrong.length === 0) await inspect(world);
  } finally {
    await world.close();
    process.off('unhandledRejection', onRejection);
  }
  const { scheduler, faults, deaths, disk } = world;
  const appended = disk.events.slice(begin.events.length);
  return {
    problems: world.wrong,
    hash: scheduler.trace.hash(),
    lastLines: scheduler.trace.last(LAST_LINES),
    history: disk.events,
    told,
    ...{ steps: scheduler.steps, events: appended.length, deaths, faults: faults.met() },
    types: Object.fromEntries(
      [...Map.groupBy(appended, kindOf)].map(([type, events]) => [type, events.length]),
    ),
  };
}

/** Resolves with how many steps were told before something was wrong. */
async function tell(world: World, { steps }: Story): Promise<number> {
  if (!(await world.until(() => world.allStarted, MOST_QUIET_MS.telling))) {
    if (world.wrong.length === 0) world.complain('the platform did not start');
    return 0;
  }
  const { scheduler } = world;
  const began = scheduler.machineMs;
  for (const [at, step] of steps.entries()) {
    await world.until(() => scheduler.machineMs >= began + step.atMs, MOST_QUIET_MS.telling);
    if (world.wrong.length > 0) return at;
    world.take(step);
  }
  return steps.length;
}

/** Lets everything come to its end: whoever waits is answered, timers come, auctions close and are settled. */
async function rest(world: World): Promise<void> {
  world.calm();
  const { scheduler } = world;
  const lastTimerMs = scheduler.businessMs + LAST_TIMER_MS;
  for (let timers = 0; timers < MOST_TIMERS; timers++) {
    if (!(await settle(world))) {
      if (world.wrong.length === 0) world.complain(`the platform does not come to rest: ${unrest(world)}`);
      return;
    }
    const next = scheduler.nextOfBusiness();
    if (next === undefined || next > lastTimerMs) return;
    scheduler.pass(Math.max(0, next - scheduler.businessMs));
  }
  world.complain('timers come without end');
}

const isQuiet = ({ allStarted, clients, money, reachable, scheduler }: World): boolean =>
  allStarted &&
  clients.waiting === 0 &&
  money.undelivered === 0 &&
  reachable.every(({ pipeline }) => {
    const { external, system } = pipeline.status().inFlight;
    return external + system === 0;
  }) &&
  !scheduler.timerIsDue;

/** How long the rest may be quiet: while a notice waits for its next try, as long as the provider may make it wait. */
const mostQuietMs = ({ money }: World): number =>
  MOST_QUIET_MS.resting + (money.undelivered > 0 ? money.longestPauseMs : 0);

/** Whether nothing is left to do at this moment of the business. */
async function settle(world: World): Promise<boolean> {
  const { disk } = world;
  for (let tries = 0; tries < MOST_ROUNDS; tries++) {
    if (!(await world.until(() => isQuiet(world), mostQuietMs(world)))) return false;
    const head = disk.head();
    let open = world.reachable.length;
    let all = true;
    for (const { started } of world.reachable)
      void started?.sagas.settled(head, 30_000).then((settled) => {
        open -= 1;
        all &&= settled;
      });
    const hasViews = (): boolean =>
      world.reachable.every(({ started }) =>
        started?.views.status().every(({ position }) => position >= head),
      );
    if (!(await world.until(() => open === 0 && (hasViews() || !all), mostQuietMs(world)))) return false;
    if (!all) return false;
    if (isQuiet(world) && disk.head() === head) return true;
  }
  return false;
}

/** What stands in the way, for whoever reads the failure. */
function unrest({ clients, money, reachable, disk, wrong }: World): string {
  const behind = reachable.flatMap(({ life, started }) =>
    [...(started?.views.status() ?? []), ...(started?.sagas.status() ?? [])]
      .filter(({ position }) => position < disk.head())
      .map(
        ({ name, state, position, problem }) => `${life.name} ${name} ${state} at ${position} (${problem})`,
      ),
  );
  const flights = reachable.map(({ life, pipeline }) => `${life.name} ${JSON.stringify(pipeline.status())}`);
  return [
    `${clients.waiting} clients wait, ${money.undelivered} notices are not taken, the history ends at ${disk.head()}`,
    ...flights,
    ...behind,
    ...wrong,
  ].join('; ');
}

/** What the bank has said, and the history does not. */
function complainOfUntold(world: World): void {
  const { money, disk } = world;
  const says = (paymentId: string, what: string): boolean =>
    disk.stream(`payment-${paymentId}`).some(({ type }) => type === what);
  for (const id of money.confirmed)
    if (!says(id, 'TopUpConfirmed'))
      world.complain(`the provider has the money of ${id}, and the history does not say so`);
  // Where it is told that the money is here again before it is told that it went, nothing has to move.
  for (const id of money.chargedBack)
    if (!says(id, 'ReversalAnnounced') || !(money.won.has(id) || says(id, 'TopUpReversed')))
      world.complain(`the bank has taken back ${id}, and the history does not say so`);
  for (const id of money.won)
    if (!says(id, 'ReinstatementAnnounced'))
      world.complain(`the bank has paid ${id} after all, and the history does not say so`);
}

/** What can only be said at rest. */
async function inspect(world: World): Promise<void> {
  const { judge, followers, disk } = world;
  // The slow ones have a little more time.
  await world.until(() => followers.haveAll, mostQuietMs(world));
  judge.atRest();
  followers.complainOfMissing();
  complainOfUntold(world);
  for (const { life, started } of world.reachable)
    for (const { name, state, parkedKeys, problem } of [
      ...(started?.views.status() ?? []),
      ...(started?.sagas.status() ?? []),
    ])
      if (parkedKeys > 0 || state === 'stopped' || state === 'newer-event')
        world.complain(`${life.name} ${name} is ${state} with ${parkedKeys} parked keys: ${problem}`);
  for (const view of views) {
    const verified = await verifyView({
      ...{ view, registry, readStore: world.views.store, temporary: memoryStores().readStore },
      store: { readAll: async (read) => disk.page(read) },
    });
    if (!verified.equal)
      world.complain(`the view ${view.name} is not what its events make: ${verified.differing.join(', ')}`);
  }
}
