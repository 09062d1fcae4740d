/**
 * The judge as a process of its own: `npm run judge -- <data folder> [log of acknowledgements]`. Reads the history by
 * its own SQL and the log that clients wrote, and prints one line of JSON. Exit code 1: a promise was broken.
 */
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

const [folder, log] = process.argv.slice(2);
if (folder === undefined) throw new Error('whose history is to be judged?');
const verdict = judge(folder, log === undefined ? [] : readLog(log));
process.stdout.write(`${JSON.stringify(verdict)}\n`);
process.exitCode = verdict.problems.length === 0 ? 0 : 1;
