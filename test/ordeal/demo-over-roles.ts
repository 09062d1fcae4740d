import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openHistory } from '#compose/stores.ts';
import { systemClock } from '#engines/clock/system.ts';
import { judgedApart } from '#test/crash/random-kills.ts';
import { startRoles } from '#test/engines/role-processes.ts';
import { freshAddresses } from '#test/engines/servers.ts';
import type { Verdict } from '#test/judge/main.ts';
import { type Chosen, type DemoOutcome, firstAuctions, runDemo } from './demo.ts';
import { wholeOf } from './history.ts';
import { busAt, readStoreAt } from './left-there.ts';
import { readTopics, type TopicsRead } from './topics.ts';
import { type ComparedView, compareViews } from './views.ts';
import { allPassed } from './watch.ts';

export interface DemoReport {
  readonly spread: DemoOutcome;
  readonly embedded: DemoOutcome;
  /** Of the demo over roles, as it prints it. */
  readonly table: string;
  readonly views: readonly ComparedView[];
  readonly topics: TopicsRead;
  readonly verdict: Verdict;
  /** What does not hold, one text each. */
  readonly problems: readonly string[];
}

/** The servers that the roles work on. */
type Where = Parameters<typeof freshAddresses>[0];

/** From the table on. */
const tableIn = ({ output }: DemoOutcome): string =>
  output.slice(Math.max(0, output.search(/^ {2}auctions /m)));

/** What the roles have left when the demo has ended, before they stop and behind it. */
async function overRoles(servers: Where, file: string, folder: string) {
  const data = join(folder, 'roles');
  mkdirSync(data);
  const addresses = freshAddresses(servers);
  await using open = new AsyncDisposableStack();
  const roles = await startRoles({ ...addresses, environment: { CLOCK: 'simulated' }, folder: data });
  let running = true;
  const stop = async (): Promise<void> => {
    if (running) await roles.stop();
    running = false;
  };
  open.defer(stop);
  const at = { profile: 'embedded', folder: data } as const;
  const store = await openHistory(at, { clock: systemClock(), readOnly: true });
  open.defer(() => store.close());
  const readStore = await readStoreAt(addresses.readStore);
  open.defer(() => readStore.close());
  const bus = busAt(addresses.bus);
  open.defer(() => bus.bus.close());
  const spread = await runDemo(file, { url: roles.entrance.url }, join(folder, 'roles.json'));
  await allPassed(readStore, await store.head());
  const views = await compareViews(readStore, store);
  const topics = await readTopics(bus, { epoch: store.epoch, events: await wholeOf(store) });
  await stop();
  return { spread, views, topics, verdict: await judgedApart(data) };
}

/** The demo as it is, over roles in processes of their own and then in one process. @param folder made here */
export async function demoOverRoles(
  options: Chosen & { readonly servers: Where; readonly folder: string },
): Promise<DemoReport> {
  const { servers, folder } = options;
  mkdirSync(folder);
  const file = join(folder, 'bids.csv');
  firstAuctions(options, file);
  const { spread, views, topics, verdict } = await overRoles(servers, file, folder);
  const embedded = await runDemo(file, { folder: join(folder, 'whole') }, join(folder, 'whole.json'));
  const isSame = isDeepStrictEqual(spread.report, embedded.report);
  const table = tableIn(spread);
  const problems = [
    ...[spread, embedded].flatMap(({ code, output }) =>
      code === 0 ? [] : [`the demo ended with ${code}: ${output}`],
    ),
    ...(isSame
      ? []
      : [`over roles ${JSON.stringify(spread.report)}, in one ${JSON.stringify(embedded.report)}`]),
    ...views.flatMap(({ problem }) => problem ?? []),
    ...topics.problems,
    ...verdict.problems,
  ];
  return { spread, embedded, table, views, topics, verdict, problems };
}
