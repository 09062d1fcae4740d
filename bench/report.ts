import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Profiled, Share } from './profiles.ts';
import { type Details, type Goal, goalText, median, type Row } from './row.ts';

/** What the figures were taken on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly sqlite: string;
  readonly platform: string;
  /** Of the folder that is measured in. */
  readonly fileSystem: string;
  /** The median time that a write of a page followed by fsync takes there: what a commit can not go below. */
  readonly fsyncMs: number;
  /** Processes that wanted to run over the last minute when the run began: above 0.5 somebody else was at work. */
  readonly loadAtStart: number;
}

export interface Report {
  readonly date: string;
  readonly short: boolean;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly profiles: readonly Profiled[];
}

const FSYNCS = 41;
const PAGE_BYTES = 4_096;

function fsyncMs(folder: string): number {
  const file = join(folder, 'fsync');
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(PAGE_BYTES, 1);
  const times = Array.from({ length: FSYNCS }, () => {
    const startedAt = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    return performance.now() - startedAt;
  });
  closeSync(descriptor);
  rmSync(file);
  return median(times);
}

/** The kind of file system that holds a folder, as Linux tells it; `unknown` elsewhere. */
function fileSystemOf(folder: string): string {
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
    const holding = mounts
      .map((line) => line.split(' '))
      .filter(([, at = '']) => folder === at || folder.startsWith(at.endsWith('/') ? at : `${at}/`))
      .sort(([, a = ''], [, b = '']) => b.length - a.length);
    return holding[0]?.[2] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function sqliteVersion(): string {
  const db = new DatabaseSync(':memory:');
  const row = db.prepare('SELECT sqlite_version() AS version').get();
  db.close();
  return String(row?.version);
}

export function machineOf(folder: string): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    sqlite: sqliteVersion(),
    platform: `${process.platform} ${process.arch}`,
    fileSystem: fileSystemOf(folder),
    fsyncMs: Number(fsyncMs(folder).toFixed(3)),
    loadAtStart: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Three digits that count, and never a power of ten: `0.123`, `12.3`, `12,345`. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

const verdict = (met: boolean | undefined): string => (met === undefined ? '' : met ? 'yes' : 'NO');
const aim = (goal: Goal | undefined): string => (goal === undefined ? '' : goalText(goal));

/** A row as the columns of a table for people. */
export function columnsOf(row: Row): Readonly<Record<string, string>> {
  if (!row.ran)
    return { name: row.name, value: 'did not run', peer: '', ratio: '', goal: aim(row.goal), met: '' };
  return {
    name: row.name,
    value: `${figure(row.value)} ${row.unit}`,
    peer: row.against === undefined ? '' : figure(row.against.value),
    ratio: row.ratio === undefined ? '' : row.ratio.toFixed(2),
    goal: aim(row.goal),
    met: verdict(row.met),
  };
}

/** One line, for whoever waits. */
export const lineOf = (row: Row): string =>
  Object.values(columnsOf(row))
    .filter((column) => column !== '')
    .join('  ');

/** What does not fit into a table: what was compared, the further figures, and why something did not run. */
export function wordsOf(row: Row): string {
  const head = `${row.name}: ${row.what}`;
  if (!row.ran) return `${head}\n    did not run: ${row.why}`;
  const details = Object.entries(row.details ?? {}).map(([name, value]) => `${name} ${figure(value)}`);
  return [
    head,
    ...(row.against === undefined ? [] : [`    against ${row.against.what}`]),
    ...(details.length === 0 ? [] : [`    ${details.join(', ')}`]),
    ...(row.note === undefined ? [] : [`    ${row.note}`]),
  ].join('\n');
}

const SMALLEST_SHARE = 0.02;
const sharesOf = (shares: readonly Share[]): readonly string[] =>
  shares
    .filter(({ share }) => share >= SMALLEST_SHARE)
    .map(({ where, share }) => `    ${(share * 100).toFixed(1).padStart(5)} %  ${where}`);

/** The profile of one thread: a line for each function and each area that took two per cent or more of its work. */
export const linesOf = ({ file, busy, top, areas }: Profiled): string =>
  [`${file}: ${(busy * 100).toFixed(0)} % busy`, ...sharesOf(top), '    by area:', ...sharesOf(areas)].join(
    '\n',
  );

const latencies = ({ details = {} }: { readonly details?: Details }): string =>
  ['reply', 'feed']
    .filter((what) => `${what} p50 ms` in details)
    .map((what) => {
      const [p50, p95, p99] = [50, 95, 99].map((share) => figure(details[`${what} p${share} ms`] ?? 0));
      return `${what} ${p50} / ${p95} / ${p99} ms`;
    })
    .join('; ');

/** The rows as a table in Markdown, for `docs/performance.md`. */
export function markdownOf({ rows }: Pick<Report, 'rows'>): string {
  const lines = rows.map((row) => {
    const { name, value = '', peer = '', ratio = '', goal = '', met = '' } = columnsOf(row);
    const more = row.ran ? latencies(row) : row.why;
    return `| \`${name}\` | ${row.what}${more === '' ? '' : ` (${more})`} | ${value} | ${peer} | ${ratio} | ${goal} | ${met} |`;
  });
  return [
    '| row | what | value | peer | ratio | goal | met |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
