import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { finished } from './finishing.ts';
import { historyAsSql } from './kept.ts';
import { oldLife } from './old-life.ts';

const USAGE = `npm run crash:inherited -- --from COMMIT [--every N] [--keep FILE]

  An older commit's code tells the story of test/crash/boundaries.ts and is stopped right before and right behind each of its
  appends. What it would have left there, had it been killed, is finished by this code, and compared with what that code came
  to: nothing may be left undone or be done twice. Linux only.

  --from COMMIT  whose histories are finished; a commit since there is test/crash/preloads/mortal.ts
  --every N      only every Nth crash point; 1 by default
  --keep FILE    writes the history of that code as SQL
`;

const root = resolve(import.meta.dirname, '../../..');
const LOCK = 'package-lock.json';
const AT_ONCE = 3;
/** Between two words of how far it has come, in crash points. */
const WORD = 10;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The code of a commit, with the packages it asks for. */
function checkedOut(commit: string, to: string): void {
  mkdirSync(to);
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', to], { input: archive });
  if (readFileSync(join(to, LOCK), 'utf8') === readFileSync(join(root, LOCK), 'utf8'))
    symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
  else execFileSync('npm', ['ci'], { cwd: to, stdio: 'ignore' });
}

/** Finishes every folder, some at a time; how many had a problem. */
async function finishAll(points: readonly string[], oldData: string): Promise<number> {
  let next = 0;
  let bad = 0;
  let compared = 0;
  async function work(): Promise<void> {
    for (let at = next++; at < points.length; at = next++) {
      const point = points[at] ?? '';
      // Whatever goes wrong at one of them, the others are told of as well.
      const result = await finished(point, oldData).catch((error: unknown) => ({
        ...{ compared: 0, problems: [String(error)] },
      }));
      compared += result.compared;
      if (result.problems.length > 0) {
        bad += 1;
        print(`${point}:\n  ${result.problems.join('\n  ')}`);
      } else rmSync(point, { recursive: true });
      if ((at + 1) % WORD === 0) print(`… ${at + 1} of ${points.length}`);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  print(
    `${points.length} crash points, ${bad} of them with problems; ${compared} commands under way compared by their ids`,
  );
  return bad;
}

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    every: { type: 'string' },
    keep: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.from === undefined || values.help) {
  print(USAGE);
  process.exitCode = values.help ? 0 : 64;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'annals-inherited-'));
  const old = join(folder, 'old');
  checkedOut(values.from, old);
  const { points, data } = await oldLife({ root: old, folder });
  if (values.keep !== undefined) writeFileSync(values.keep, historyAsSql(data));
  const every = Number(values.every ?? 1);
  const chosen = points.filter((_, at) => at % every === 0);
  const bad = await finishAll(chosen, data);
  if (bad === 0) rmSync(folder, { recursive: true });
  else print(`The folders are kept in ${folder}.`);
  process.exitCode = bad === 0 ? 0 : 1;
}
