import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reasonOf } from '#runtime/reason.ts';
import { appendBenches } from './appends.ts';
import { bidBenches } from './bids.ts';
import { engineBenches } from './engines/benches.ts';
import { fairnessBench } from './fairness.ts';
import { memoryBenches } from './memory.ts';
import { offeredBenches } from './offered.ts';
import { overloadBench } from './overload.ts';
import { passwordsBench } from './passwords.ts';
import { personalBench } from './personal.ts';
import { type Profiled, profile } from './profiles.ts';
import { rebuildBench } from './rebuild.ts';
import { replayBench } from './replay.ts';
import { columnsOf, lineOf, linesOf, machineOf, markdownOf, type Report, wordsOf } from './report.ts';
import { rivalBenches } from './rivals.ts';
import type { Bench, Row, Run } from './row.ts';
import { lengthBenches } from './stream-length.ts';

const USAGE = `npm run bench -- [options]
  --report FILE      write the figures as JSON
  --table FILE       write them as a table in Markdown
  --only NAME[,NAME] only what begins with one of these names
  --short            seconds for each row: to see that it works, not to quote
  --cpu-prof FOLDER  write a profile of each row, of every thread
  --date DATE        the date the report carries (default: now)
  --list             the names`;

/** Every measurement, in the order in which they run. */
const benches: readonly Bench[] = [
  ...appendBenches,
  ...bidBenches,
  ...offeredBenches,
  overloadBench,
  fairnessBench,
  passwordsBench,
  replayBench,
  personalBench,
  rebuildBench,
  ...lengthBenches,
  ...memoryBenches,
  ...engineBenches,
  ...rivalBenches,
];

const { values } = parseArgs({
  options: {
    report: { type: 'string' },
    table: { type: 'string' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
    date: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function picked(only: string | undefined): readonly Bench[] {
  if (only === undefined) return benches;
  const names = only.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !benches.some((bench) => bench.name.startsWith(name)));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; --list names what there is`);
  const isNamed = (bench: Bench, name: string): boolean =>
    benches.some((exact) => exact.name === name) ? bench.name === name : bench.name.startsWith(name);
  return benches.filter((bench) => names.some((name) => isNamed(bench, name)));
}

/** What a bench came to; one that fails is a row that did not run, and does not take the others with it. */
async function measured(bench: Bench, run: Run): Promise<readonly Row[]> {
  try {
    return await bench.measure(run);
  } catch (error) {
    process.exitCode = 1;
    console.error(error);
    const why = reasonOf(error);
    return [{ ran: false, name: bench.name, what: 'it failed', why }];
  }
}

/** Keeps what there is so far where it was asked for: a run that breaks off has not been for nothing. */
function keep(report: Report): void {
  if (values.table !== undefined) writeFileSync(values.table, markdownOf(report));
  if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
}

/** Runs what was picked, one after the other, each in a folder of its own that is removed behind it. */
async function run(chosen: readonly Bench[]): Promise<Report> {
  const { short, date = new Date().toISOString(), 'cpu-prof': profiles } = values;
  const folder = mkdtempSync(join(tmpdir(), 'annals-bench-'));
  const rows: Row[] = [];
  const profiled: Profiled[] = [];
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
  // However it ends: a run that is interrupted must not leave gigabytes behind.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const report: Report = { date, short, machine: machineOf(folder), rows, profiles: profiled };
  for (const bench of chosen) {
    const own = join(folder, bench.name);
    mkdirSync(own);
    console.error(`${bench.name} …`);
    const done = await measured(bench, {
      short,
      folder: own,
      async profiled(name, work) {
        if (profiles !== undefined) profiled.push(...(await profile(profiles, name, work)));
      },
    });
    for (const row of done) console.error(`    ${lineOf(row)}`);
    rows.push(...done);
    rmSync(own, { recursive: true });
    keep(report);
  }
  return report;
}

if (values.help) console.log(USAGE);
else if (values.list) console.log(benches.map(({ name }) => name).join('\n'));
else {
  const report = await run(picked(values.only));
  console.log(report.machine);
  console.table(report.rows.map(columnsOf));
  for (const row of report.rows) console.log(wordsOf(row));
  for (const each of report.profiles) console.log(linesOf(each));
}
