import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openHistory } from '#compose/stores.ts';
import { systemClock } from '#engines/clock/system.ts';
import { judgedApart, rest, within } from '#test/crash/random-kills.ts';
import { type Roles, startRoles } from '#test/engines/role-processes.ts';
import { freshAddresses, type Servers } from '#test/engines/servers.ts';
import type { Verdict } from '#test/judge/main.ts';
import { acknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { type Endured, endure, type Fault, type Scene } from './faults.ts';
import { wholeOf } from './history.ts';
import { busAt, readStoreAt } from './left-there.ts';
import { startPeople } from './people.ts';
import { readTopics, type TopicsRead } from './topics.ts';
import { type ComparedView, compareViews } from './views.ts';
import { allPassed, allReady, PATIENCE_MS } from './watch.ts';

// A platform whose roles are processes of their own, over real servers, under load: it is hit again and again, and then what is left is held
// against what everybody was told.

/** All that was begun has come to its end by then, in milliseconds. */
const REST_MS = 240_000;
/** Of what a process has said, in a problem. */
const LAST_WORDS = 2_000;

export interface OrdealOptions {
  readonly servers: Servers;
  /** Holds data and logs; made and removed by the caller. */
  readonly folder: string;
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly bidders?: number;
  /** The longest that one of them thinks, in milliseconds. */
  readonly thinkMs?: number;
  /** Before each fault, in milliseconds. */
  readonly calmMs?: number;
  readonly endured?: (one: Endured) => void;
}

export interface OrdealReport {
  /** What does not hold, one text each. */
  readonly problems: readonly string[];
  readonly endured: readonly Endured[];
  readonly auctions: number;
  readonly verdict: Verdict;
  readonly views: readonly ComparedView[];
  readonly topics: TopicsRead;
}

type Looked = Pick<OrdealReport, 'views' | 'topics'>;

/** One run; it ends every process that it starts. */
export async function ordeal(options: OrdealOptions): Promise<OrdealReport> {
  const { servers, folder, faults, seed, bidders = 6, thinkMs = 300, calmMs = 1_000 } = options;
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const addresses = freshAddresses(servers);
  await using open = new AsyncDisposableStack();
  const roles = await startRoles({
    ...addresses,
    folder: data,
    preloads: ['test/crash/preloads/short-auctions.ts'],
  });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await roles.stop();
    stopped = true;
  };
  open.defer(stop);
  const store = await openHistory(
    { profile: 'embedded', folder: data },
    { clock: systemClock(), readOnly: true },
  );
  open.defer(() => store.close());
  const readStore = await readStoreAt(addresses.readStore);
  open.defer(() => readStore.close());
  const bus = busAt(addresses.bus);
  open.defer(() => bus.bus.close());
  const log = acknowledgementLog(join(folder, 'acknowledgements.jsonl'));
  open.defer(async () => log.close());
  const over = new AbortController();
  open.defer(async () => over.abort());
  const endured: Endured[] = [];
  let auctions = 0;

  async function live(): Promise<readonly string[]> {
    const moving = startPeople({
      ...{ url: roles.entrance.url, log, bus, epoch: store.epoch, seed, bidders, thinkMs },
      over: over.signal,
    });
    const people = await within(PATIENCE_MS, moving, 'moving in');
    open.defer(async () => void (await people.leave()));
    const { told } = people;
    const scene: Scene = { roles, servers, readStore, store, heard: () => log.count('heard'), told };
    for (const fault of faults) {
      await pause(calmMs);
      const one = await endure(scene, fault);
      endured.push(one);
      options.endured?.(one);
    }
    const lastEndMs = await within(PATIENCE_MS, people.finish(), 'the last answer');
    auctions = people.auctions();
    await pause(Math.max(0, lastEndMs - Date.now()));
    await rest(data, log, REST_MS);
    await Promise.all([allReady(roles), allPassed(readStore, await store.head())]);
    over.abort();
    return people.leave();
  }

  async function look(): Promise<Looked> {
    const views = await compareViews(readStore, store);
    const topics = await readTopics(bus, { epoch: store.epoch, events: await wholeOf(store) });
    return { views, topics };
  }

  // Whatever goes wrong is judged by what it left behind.
  const failures = await live().catch((error: unknown) => [String(error), ...lastWords(roles)]);
  over.abort();
  // A server that answers too late keeps nothing else from being told.
  const looked = await look().catch((error: unknown) => String(error));
  const { views, topics } = typeof looked === 'string' ? nothingSeen(looked) : looked;
  const stopping = await stop().then(
    () => [],
    (error: unknown) => [String(error)],
  );
  const verdict = await judgedApart(data, log.file);
  const problems = [
    ...failures,
    ...stopping,
    ...verdict.problems,
    ...views.flatMap(({ problem }) => problem ?? []),
    ...topics.problems,
  ];
  return { problems, endured, auctions, verdict, views, topics };
}

/** Where servers could not be looked at behind a run. */
const nothingSeen = (problem: string): Looked => ({
  views: [],
  topics: { published: 0, records: 0, problems: [`what was left could not be looked at: ${problem}`] },
});

const lastWords = ({ processes }: Roles): readonly string[] =>
  Object.values(processes).map((one) => `${one.name} said last: ${one.output().slice(-LAST_WORDS)}`);
