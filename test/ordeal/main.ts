/**
 * The long form of `test/engines/kills.test.ts`: `npm run engines:ordeal -- --kills 5 --outage 60 --auctions 479`. Starts real servers and
 * the roles by itself, and stops by itself. Exit code 1: something does not hold; 69: this machine cannot start the servers.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { EXIT } from '#exit';
import { ownServersFor, type Servers } from '#test/engines/servers.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { demoOverRoles } from './demo-over-roles.ts';
import type { Endured, Fault } from './faults.ts';
import { type OrdealReport, ordeal } from './ordeal.ts';
import { planned } from './plan.ts';

const usage = `npm run engines:ordeal -- [--kills N] [--outage SECONDS] [--auctions N] [--seed N] [--keep]

  --kills N         how often each role and each server is killed under load, and projections are stopped for longer than their lease (5)
  --outage SECONDS  for how long each server is gone (60)
  --auctions N      of the demo, which is played first over the same servers, in one process and over roles; 479 is all of it (20)
  --seed N          repeats the order of a run, and what people choose in it
  --keep            leaves the data folders`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const count = (most: number) => z.coerce.number().int().min(0).max(most);
const Wish = z.object({
  kills: count(1_000).default(5),
  outage: count(3_600).default(60),
  auctions: count(479).default(20),
  seed: count(2 ** 32).default(() => Date.now() % 1_000_000),
  keep: z.boolean().default(false),
});

function wishOf(words: readonly string[]): z.output<typeof Wish> {
  try {
    const text = { type: 'string' } as const;
    const options = {
      kills: text,
      outage: text,
      auctions: text,
      seed: text,
      keep: { type: 'boolean' },
    } as const;
    return Wish.parse(parseArgs({ args: [...words], options }).values);
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    complain(`${problem}\n\n${usage}`);
    process.exit(EXIT.misused);
  }
}

/** Faults of a run, each with what stands around it; nothing takes longer, in milliseconds. */
const PER_FAULT_MS = 300_000;
const AROUND_MS = 1_200_000;

const seconds = (ms: number | undefined): string => (ms === undefined ? '' : (ms / 1_000).toFixed(1));
const named = (fault: Fault): string =>
  fault.kind === 'kill'
    ? `kill -9 ${fault.target}`
    : `${fault.kind} ${fault.target} ${seconds(fault.forMs)} s`;

const COLUMNS = [34, 8, 8, 8, 9, 12, 10, 10] as const;
const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(COLUMNS[0]) : cell.padStart(COLUMNS[at] ?? 8))).join('');
const HEAD = row([
  'what was done, times in s',
  'moved',
  'feeds',
  'ready',
  'drained',
  'lag before',
  'lag most',
  'answered',
]);
const lineOf = ({ fault, movedMs, feedsMs, readyMs, drainedMs, lag, answered }: Endured): string =>
  row([
    ...[named(fault), seconds(movedMs), seconds(feedsMs), seconds(readyMs), seconds(drainedMs)],
    ...[String(lag?.before ?? ''), String(lag?.most ?? ''), String(answered)],
  ]);

function summaryOf({ verdict, views, topics, auctions, problems }: OrdealReport): string {
  const documents = views.reduce((sum, view) => sum + view.documents, 0);
  const lost = problems.filter((problem) => /it is lost|recorded nowhere/.test(problem)).length;
  const twice = problems.filter((problem) => /were told, \d+ are in the history/.test(problem)).length;
  return [
    `commands acknowledged ${verdict.acknowledged}, of them asked again ${verdict.repeats}, lost ${lost}, decided twice ${twice}`,
    `answers that were lost on their way ${verdict.lost}; auctions ${auctions}; events ${verdict.events}`,
    `feeds ${verdict.feeds}, items ${verdict.told}`,
    `views ${views.length}, equal to an embedded rebuild ${views.filter(({ equal }) => equal).length}; documents ${documents}`,
    `events on the topics ${topics.published}, records ${topics.records}`,
  ].join('\n');
}

async function run(servers: Servers, folder: string): Promise<readonly string[]> {
  const { kills, outage, auctions, seed } = wish;
  const problems: string[] = [];
  if (auctions > 0) {
    const demo = await demoOverRoles({ servers, folder: join(folder, 'demo'), auctions });
    print(demo.table);
    problems.push(...demo.problems);
  }
  const faults = planned({ kills, outageMs: outage * 1_000, random: seededRandom(seed) });
  print(`seed ${seed}: ${faults.length} faults\n\n${HEAD}`);
  const under = join(folder, 'under-faults');
  mkdirSync(under);
  const report = await ordeal({
    ...{ servers, folder: under, faults, seed },
    endured: (one) => print(lineOf(one)),
  });
  print(`\n${summaryOf(report)}`);
  return [...problems, ...report.problems];
}

const wish = wishOf(process.argv.slice(2));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const longestMs = AROUND_MS + (7 * wish.kills + 2) * (PER_FAULT_MS + wish.outage * 1_000);
setTimeout(() => {
  complain(`it takes longer than ${seconds(longestMs)} s`);
  process.exit(1);
}, longestMs).unref();

const folder = mkdtempSync(join(tmpdir(), 'annals-ordeal-'));
const servers = await ownServersFor('the ordeal');
if (servers === undefined) process.exit(EXIT.unavailable);
try {
  const problems = await run(servers, folder);
  for (const problem of problems) complain(problem);
  print(problems.length === 0 ? 'All of it holds.' : `${problems.length} problems, seed ${wish.seed}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await servers.end();
  if (wish.keep) print(`The data is in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
