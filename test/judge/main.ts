/**
 * The judge as a process of its own: `npm run judge -- <data folder> [log of acknowledgements]`. Reads the history by
 * its own SQL and the log that clients wrote, and prints what came of it in words, and behind that one line of JSON. Exit codes: 1
 * where a promise was broken; 64 where it is not told whose history; 65 for a file that cannot be read as one; 69 for one that is
 * not there.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { rawHistory } from './database.ts';
import { judgeFollowed } from './followed.ts';
import { judgeHeard } from './heard.ts';
import { judgement } from './judge.ts';
import { type Line, readLog } from './log.ts';

export interface Verdict {
  readonly problems: readonly string[];
  readonly events: number;
  /** How many events of each type there are. */
  readonly types: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly repeats: number;
  readonly lost: number;
  readonly feeds: number;
  readonly told: number;
}

/** Problems told of; a history that is broken is broken, however often. */
const MOST_PROBLEMS = 50;

const only = <Kind extends Line['kind']>(lines: readonly Line[], kind: Kind) =>
  lines.filter((line): line is Extract<Line, { kind: Kind }> => line.kind === kind);

function judge(folder: string, lines: readonly Line[]): Verdict {
  const history = rawHistory(folder);
  const problems = [...history.damage];
  const complain = (problem: string): void => void problems.push(problem);
  const judged = judgement();
  for (const event of history.events) judged.see(event);
  judged.atRest();
  problems.push(...judged.problems());
  const counts = judgeHeard(history, only(lines, 'heard'), complain);
  const told = only(lines, 'told');
  const feeds = only(lines, 'follows');
  judgeFollowed(history, feeds, told, complain);
  return {
    problems: problems.slice(0, MOST_PROBLEMS),
    events: history.events.length,
    types: Object.fromEntries(
      [...Map.groupBy(history.events, ({ type }) => type)].map(([type, all]) => [type, all.length]),
    ),
    ...counts,
    lost: only(lines, 'lost').length,
    feeds: feeds.length,
    told: told.length,
  };
}

const USAGE = 'npm run judge -- <data folder> [log of acknowledgements]';

/** As the platform's own programs number them (sysexits(3)). */
const EXIT = { misused: 64, damaged: 65, unavailable: 69 } as const;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function fail(problem: string, code: number): never {
  process.stderr.write(`${problem}\n`);
  process.exit(code);
}

function demandFile(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    fail(`Nothing is judged: ${reasonOf(error)}`, EXIT.unavailable);
  }
}

function sentenceOf({ problems, events }: Verdict): string {
  if (problems.length > 0)
    return `The history does NOT keep its promises: ${problems.length === MOST_PROBLEMS ? 'at least ' : ''}${problems.length} broken, of ${events} events.`;
  return events === 0
    ? 'The history is empty: there is nothing that could break a promise.'
    : `The history keeps every promise: ${events} events, and nothing is broken.`;
}

function main([folder, log, ...more]: readonly string[]): void {
  if (folder === undefined || more.length > 0) fail(`Whose history is to be judged? ${USAGE}`, EXIT.misused);
  for (const file of [join(folder, 'events.db'), ...(log === undefined ? [] : [log])]) demandFile(file);
  let verdict: Verdict;
  try {
    verdict = judge(folder, log === undefined ? [] : readLog(log));
  } catch (error) {
    // SQLite's and JSON's words for what is no history, and no log; anything else is a mistake of the judge's, with its trace.
    const isUnread = error instanceof SyntaxError || (error instanceof Error && 'errcode' in error);
    if (!isUnread) throw error;
    fail(
      `Nothing is judged, ${[folder, log].filter(Boolean).join(' with ')} cannot be read: ${error.message}`,
      EXIT.damaged,
    );
  }
  process.stdout.write(`${sentenceOf(verdict)}\n${JSON.stringify(verdict)}\n`);
  process.exitCode = verdict.problems.length === 0 ? 0 : 1;
}

main(process.argv.slice(2));
