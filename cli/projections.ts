import { SingleBar } from 'cli-progress';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { EXIT } from '#exit';
import { retryParked, viewStatus } from '#projections/runtime/operate.ts';
import { type Progress, RebuildError, rebuildView } from '#projections/runtime/rebuild.ts';
import { VerificationError, verifyView } from '#projections/runtime/verify.ts';
import type { View } from '#projections/view.ts';

/** What the commands work on, opened by `cli/main.ts`. */
export interface Workplace {
  /** Where the history is. */
  readonly folder: string;
  readonly views: readonly View[];
  readonly registry: Registry;
  readonly store: Pick<EventStore, 'head' | 'readAll'>;
  readonly readStore: ReadStore;
  readonly consume: Consume;
  readonly clock: Clock;
  /** An empty read store, and how it is thrown away. */
  temporary(): Promise<{ readonly readStore: ReadStore; dispose(): Promise<void> }>;
  print(line: string): void;
}

export const projectionsUsage = `npm run cli -- projections <command> [--data DIR] [--this-read-store]

  status              where each view stands, and what is parked
  rebuild <view>      fills the view anew beside the live one, and switches when it has caught up
  verify [view ...]   folds the history anew and compares content hashes with the live views; with every one, unnamed
  parked              every parked key, with its error and how many events wait
  retry [view] [key]  asks for another try of parked keys, in the order of their events

The history is in --data or DATA_DIR, the views are in READ_STORE, which has to be the running platform's. Where the process that
writes the history has noted another one, nothing is done: --this-read-store works on the one that is named all the same.

Exit codes: 0 done or equal, 1 failed, differs or nothing there, 64 not understood, 65 damaged data, 69 data not to be had,
70 anything unexpected, 78 a bad setting.`;

/** 0: done or equal. 1: failed or differs. 64: not understood. */
export type ExitCode = 0 | 1 | typeof EXIT.misused;

/** Runs one command of `projections`. */
export async function projections(work: Workplace, words: readonly string[]): Promise<ExitCode> {
  const [command, name, key, ...rest] = words;
  if (command === 'verify') return verifyNamed(work, words.slice(1));
  if (rest.length > 0) return usage(work, `too many words: ${rest.join(' ')}`);
  if (command === 'retry') return looking(work, () => retry(work, name, key));
  if (command === 'status' && name === undefined) return looking(work, () => status(work));
  if (command === 'parked' && name === undefined) return looking(work, () => parked(work));
  if (command !== 'rebuild') return usage(work, undefined);
  const view = work.views.find((it) => it.name === name);
  if (key !== undefined) return usage(work, `too many words: ${key}`);
  if (view === undefined) return unheardOf(work, name);
  sayWhere(work);
  return orWhy(work, () => rebuild(work, view));
}

const unheardOf = (work: Workplace, name = ''): ExitCode =>
  usage(work, `there is no view ${name}; there are ${work.views.map((it) => it.name).join(', ')}`);

/** One view is compared as it is named; several, or all where none is, each under its name. */
async function verifyNamed(work: Workplace, names: readonly string[]): Promise<ExitCode> {
  const named = new Map(work.views.map((view) => [view.name, view]));
  const unknown = names.find((name) => !named.has(name));
  if (unknown !== undefined) return unheardOf(work, unknown);
  const views = names.length === 0 ? work.views : names.flatMap((name) => named.get(name) ?? []);
  const [first] = views;
  if (names.length !== 1 || first === undefined) return looking(work, () => verifyEach(work, views));
  sayWhere(work);
  return orWhy(work, () => verify(work, first));
}

/** Which stores they are comes from the shell: whoever has another one in mind sees it here. */
function sayWhere({ folder, readStore, print }: Workplace): void {
  print(`The history in ${folder}, the read store ${readStore.standing().address}.`);
}

/** Says first what is looked at, and last where there is nothing to be seen: a store without a view is no healthy one. */
async function looking(work: Workplace, command: () => Promise<ExitCode>): Promise<ExitCode> {
  const { readStore, views, print } = work;
  sayWhere(work);
  const isEmpty = (await viewStatus(readStore, views)).every(({ live }) => live === undefined);
  const code = await command();
  if (!isEmpty) return code;
  print(
    `There is no view in ${readStore.standing().address}: no platform has worked on it yet, or READ_STORE and --data name another place than its.`,
  );
  return 1;
}

function usage({ print }: Workplace, problem: string | undefined): ExitCode {
  if (problem !== undefined) print(problem);
  print(projectionsUsage);
  return EXIT.misused;
}

async function status({ views, readStore, store, print }: Workplace): Promise<ExitCode> {
  const head = await store.head();
  const rows = (await viewStatus(readStore, views)).map((it) => [
    it.view,
    it.live ?? '-',
    String(it.position ?? '-'),
    it.filling === undefined ? '-' : `${it.filling} at ${it.fillingPosition ?? 0n}`,
    String(it.parkedKeys),
  ]);
  table(print, [['view', 'live', 'position', 'filling', 'parked'], ...rows]);
  print(`The history ends at ${head}.`);
  return 0;
}

async function parked({ readStore, print }: Workplace): Promise<ExitCode> {
  const keys = await readStore.consumers.parked();
  if (keys.length === 0)
    print('Nothing is parked. Sagas that wait for a repair are told of in /health/ready.');
  else
    table(print, [
      ['consumer', 'key', 'waiting', 'since', 'retry', 'error'],
      ...keys.map((it) => [
        it.consumer,
        it.key,
        String(it.waiting),
        it.since,
        it.retry ? 'asked' : '-',
        it.error.replaceAll(/\s+/g, ' ').slice(0, 120),
      ]),
    ]);
  return 0;
}

async function retry(
  { readStore, print }: Workplace,
  name: string | undefined,
  key: string | undefined,
): Promise<ExitCode> {
  const asked = await retryParked(readStore.consumers, name, key);
  print(
    asked === 0
      ? 'No such key is parked.'
      : `Another try of ${asked} parked ${asked === 1 ? 'key' : 'keys'} is asked for.`,
  );
  return asked === 0 && key !== undefined ? 1 : 0;
}

async function rebuild(work: Workplace, view: View): Promise<ExitCode> {
  const { print } = work;
  const { events } = await withBar(`rebuild ${view.name}`, (onProgress) =>
    rebuildView({ ...work, view, onProgress }),
  );
  print(`${view.name} is rebuilt from ${events} events and switched in.`);
  return 0;
}

async function verify(work: Workplace, view: View): Promise<ExitCode> {
  const { print } = work;
  const temporary = await work.temporary();
  try {
    const outcome = await withBar(`verify ${view.name}`, (onProgress) =>
      verifyView({ ...work, view, temporary: temporary.readStore, onProgress }),
    );
    print(`live    ${outcome.live}`);
    print(`rebuilt ${outcome.rebuilt}`);
    print(
      `${outcome.documents} documents up to position ${outcome.through}, ${outcome.parkedKeys} keys parked.`,
    );
    print(outcome.equal ? 'Equal.' : `They differ, first in: ${outcome.differing.join(', ')}`);
    return outcome.equal ? 0 : 1;
  } finally {
    await temporary.dispose();
  }
}

/** Each of these views, also behind one that differs; what came of all of them is said last. */
async function verifyEach(work: Workplace, views: Workplace['views']): Promise<ExitCode> {
  const failed: string[] = [];
  for (const view of views) {
    work.print(`${view.name}:`);
    if ((await orWhy(work, () => verify(work, view))) !== 0) failed.push(view.name);
  }
  const equal = views.length - failed.length;
  work.print(
    failed.length === 0
      ? `Equal to the history: all of ${views.length} views.`
      : `Equal to the history: ${equal} of ${views.length} views. Not so, or not to be verified: ${failed.join(', ')}.`,
  );
  return failed.length === 0 ? 0 : 1;
}

/** What the command comes to, or why it cannot be done. */
async function orWhy({ print }: Workplace, command: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof RebuildError || error instanceof VerificationError)) throw error;
    print(error.message);
    return 1;
  }
}

/** Shows how far long work is, where somebody can see it. */
async function withBar<T>(
  title: string,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const bar = new SingleBar({ format: `${title} [{bar}] {percentage}% {events} events`, noTTYOutput: false });
  bar.start(1_000, 0, { events: 0 });
  try {
    const result = await work(({ events, done, head }) => {
      const permille = head === 0n ? 1_000 : Number((done * 1_000n) / head);
      bar.update(Math.min(permille, 1_000), { events });
    });
    bar.update(1_000);
    return result;
  } finally {
    bar.stop();
  }
}

function table(print: Workplace['print'], rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
