import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compiled } from '#test/support/compiled.ts';

// The demo as a person runs it: against a platform that runs already, or one that it starts itself.

const root = resolve(import.meta.dirname, '../..');

/** Which auctions of the sample are played. */
export interface Chosen {
  readonly auctions: number;
  /** Those with more are passed over. Default: none is. */
  readonly mostBids?: number;
}

/** Writes a file with the first so many auctions of the sample, as they stand there. */
export function firstAuctions({ auctions, mostBids = Number.POSITIVE_INFINITY }: Chosen, file: string): void {
  const [header = '', ...lines] = readFileSync(join(root, 'samples/ebay-auctions.csv'), 'utf8')
    .trim()
    .split('\n');
  const numberOf = (line: string): string => line.split(',')[0] ?? '';
  const fitting = [...Map.groupBy(lines, numberOf)].filter(([, bids]) => bids.length <= mostBids);
  const chosen = new Set(fitting.slice(0, auctions).map(([number]) => number));
  writeFileSync(file, `${[header, ...lines.filter((line) => chosen.has(numberOf(line)))].join('\n')}\n`);
}

export interface DemoOutcome {
  readonly code: number | null;
  /** What it has printed, its table included. */
  readonly output: string;
  /** Without how long things took; undefined where it wrote none. */
  readonly report: Readonly<Record<string, unknown>> | undefined;
  readonly seconds: number | undefined;
}

/** How long things took is no part of what they came to. */
const TIMES = ['seconds', 'feedLatencyMs', 'bidsPerSecond', 'eventsPerSecond'];

function reportIn(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Runs it to its end.
 *
 * @param at a platform's address, or the data folder of one that it starts
 * @param report the file of its report
 */
export async function runDemo(
  file: string,
  at: { readonly url: string } | { readonly folder: string },
  report: string,
): Promise<DemoOutcome> {
  const words = ['url' in at ? ['--url', at.url] : [], ['--file', file], ['--report', report]].flat();
  const child = spawn(process.execPath, [join(root, 'demo/main.ts'), ...words], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled },
      ...('folder' in at && { DATA_DIR: at.folder }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const leave = (): void => void child.kill('SIGTERM');
  process.once('exit', leave);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  process.off('exit', leave);
  const told = reportIn(report);
  return {
    code,
    output,
    report: told && Object.fromEntries(Object.entries(told).filter(([name]) => !TIMES.includes(name))),
    seconds: typeof told?.seconds === 'number' ? told.seconds : undefined,
  };
}
