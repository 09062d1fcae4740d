import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { Verdict } from '#test/judge/main.ts';
import { type AcknowledgementLog, acknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { bundled } from '#test/support/bundled.ts';
import { compiled } from '#test/support/compiled.ts';
import { counterAt } from '#test/support/counter.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { shortLived } from '#test/support/short-lived.ts';
import { startFollowers } from './followers.ts';
import { startLoad } from './load.ts';
import { type MortalOptions, type MortalPlatform, mortalPlatform } from './mortal-platform.ts';

// A platform under load is killed with SIGKILL at random moments and started again on the same folder, time after time; then
// a separate process judges what is left against what everybody was told.

const root = resolve(import.meta.dirname, '../..');
const judge = join(root, 'test/judge/main.ts');

/** A life ends after at most so many answers and a moment more, in milliseconds: however fast the machine is, work is done. */
const MOST_ANSWERS = 60;
const MOMENT_MS = 25;
/** And at the latest by this time after the platform was ready. */
const LONGEST_LIFE_MS = 4_000;
/** So many lives end before the platform is ready, by this time after the start. */
const YOUNG_DEATHS = 0.1;
const YOUNG_MS = 600;
/** The platform is at rest when nothing was written for so long; the provider may pause before it tells again. */
const QUIET_MS = 1_200;
const REST_MS = 40_000;
const PATIENCE_MS = 60_000;

export interface KillsOptions extends Omit<MortalOptions, 'folder'> {
  /** Holds the data and the log; made and removed by the caller. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** The views that are verified at the end; all of them by default. */
  readonly views?: readonly string[] | 'none';
  /** How long answers, and then the rest, are waited for when nothing is killed any more, in milliseconds. Default a minute, and 40 s. */
  readonly patienceMs?: number;
}

export interface KillsReport extends Verdict {
  readonly kills: number;
  readonly auctions: number;
  readonly seconds: number;
}

/** Runs a program to its end. */
export async function programOutput(
  program: string,
  words: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [...shortLived, program, ...words], {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

/** The judge's verdict, in a process of its own. */
export async function judgedApart(folder: string, ...log: readonly string[]): Promise<Verdict> {
  const { output } = await programOutput(judge, [folder, ...log]);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Verdict;
}

/** What `projections verify` says of views that differ from their rebuild; of all of them unless some are named. */
export async function differingViews(
  folder: string,
  named: readonly string[] = [],
): Promise<readonly string[]> {
  const { code, output } = await programOutput(bundled.cli, [
    ...['projections', 'verify', ...named],
    ...['--data', folder],
  ]);
  return code === 0 ? [] : [output];
}

const UNENDED = `SELECT stream.name AS answer FROM event JOIN stream ON stream.id = event.stream JOIN type ON type.id = event.type
  WHERE type.name IN ('AuctionScheduled', 'LotSold', 'LotPassed', 'AuctionCancelled')
  GROUP BY stream.name HAVING max(type.name <> 'AuctionScheduled') = 0`;

interface Standing {
  /** How far the history has come. */
  readonly head: number;
  /** How many notices the provider has still to deliver. */
  readonly undelivered: number;
  /** Streams of auctions that are scheduled or open. */
  readonly unended: readonly string[];
}

/** Read from beside. */
function standing(folder: string): Standing {
  const ask = (file: string, sql: string): readonly unknown[] => {
    const db = new DatabaseSync(join(folder, file), { readOnly: true, timeout: 5_000 });
    try {
      return db
        .prepare(sql)
        .all()
        .map(({ answer }) => answer);
    } finally {
      db.close();
    }
  };
  const [head] = ask('events.db', 'SELECT max(position) AS answer FROM event');
  const [undelivered] = ask('provider.db', `SELECT count(*) AS answer FROM notice WHERE state = 'waiting'`);
  return {
    ...{ head: Number(head ?? 0), undelivered: Number(undelivered) },
    unended: ask('events.db', UNENDED).map(String),
  };
}

/**
 * Waits until every auction has ended, nothing happens and nobody is told of anything any more: a timer that is late would be nothing that
 * happens. @throws Error saying what is left, when that takes too long
 */
export async function rest(folder: string, log: AcknowledgementLog, restMs = REST_MS): Promise<void> {
  const until = Date.now() + restMs;
  for (let before = ''; Date.now() < until; ) {
    const { head, undelivered, unended } = standing(folder);
    const now = `${head} ${log.count('told')}`;
    const isOver = undelivered === 0 && unended.length === 0;
    if (now === before && isOver) return;
    before = isOver ? now : '';
    await pause(QUIET_MS);
  }
  const { undelivered, unended } = standing(folder);
  const left = `${undelivered} notices to deliver, auctions that have not ended: ${unended.join(', ') || 'none'}`;
  throw new Error(`the platform does not come to rest: ${left}`);
}

/** Kills and starts, until it was killed often enough; the last life goes on. */
async function killAndStart(
  platform: MortalPlatform,
  { kills, seed }: KillsOptions,
  log: AcknowledgementLog,
): Promise<void> {
  const random = seededRandom(seed);
  const live = async (answers: number): Promise<void> => {
    const until = Date.now() + LONGEST_LIFE_MS;
    const enough = log.count('heard') + answers;
    while (log.count('heard') < enough && Date.now() < until) await pause(1);
  };
  for (let kill = 1; kill <= kills; kill++) {
    const young = random() < YOUNG_DEATHS;
    const answers = Math.ceil(random() * MOST_ANSWERS);
    const span = random();
    const started = platform.start();
    if (young) await pause(span * YOUNG_MS);
    else if (await started) {
      await live(answers);
      await pause(span * MOMENT_MS);
    } else throw new Error(`it did not start again: ${platform.output()}`);
    await platform.kill();
    await started;
    log.write({ kind: 'killed', kill });
  }
  if (!(await platform.start())) throw new Error(`it did not start again: ${platform.output()}`);
}

/** Waits for work that has to end. @throws Error when it takes longer */
export async function within<T>(patienceMs: number, work: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const timeout = pause(patienceMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what} takes longer than ${patienceMs} ms`);
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    late.abort();
  }
}

/** One run: the load, the kills, the rest, the judge. Everything random comes from the seed but the machine's own pace. */
export async function underKills(options: KillsOptions): Promise<KillsReport> {
  const { folder, seed, kills, views, patienceMs = PATIENCE_MS } = options;
  const begun = Date.now();
  const data = join(folder, 'data');
  const preloads = ['test/crash/preloads/short-auctions.ts', ...(options.preloads ?? [])];
  const platform = await mortalPlatform({ ...options, preloads, folder: data });
  const log = acknowledgementLog(join(folder, 'acknowledgements.jsonl'));
  const over = new AbortController();
  const counter = counterAt(platform.url, log, over.signal);
  let auctions = 0;

  async function live(): Promise<readonly string[]> {
    if (!(await platform.start())) throw new Error(platform.output());
    const followers = await startFollowers(counter, log, over.signal);
    const random = seededRandom(seed + 1);
    const moving = startLoad({ counter, random, over: over.signal, offered: followers.follow });
    const load = await within(PATIENCE_MS, moving, 'moving in');
    await within(PATIENCE_MS, platform.stop(), 'the stop');
    await killAndStart(platform, options, log);
    await within(patienceMs, load.finish(), 'the last answer');
    auctions = load.auctions;
    await pause(Math.max(0, load.lastEndMs - Date.now()));
    await rest(data, log, options.patienceMs);
    over.abort();
    await followers.end();
    return followers.failures;
  }

  try {
    // Whatever goes wrong is judged by what it left behind.
    const failures = await live().catch((error: unknown) => [String(error)]);
    over.abort();
    await within(patienceMs, platform.stop(), 'the stop').catch(() => platform.kill());
    const verdict = await judgedApart(data, log.file);
    const differing = views === 'none' ? [] : await differingViews(data, views);
    const problems = [...failures, ...verdict.problems, ...differing];
    const seconds = Math.round((Date.now() - begun) / 1_000);
    return { ...verdict, problems, kills, auctions, seconds };
  } finally {
    over.abort();
    await platform.kill();
    log.close();
  }
}
