import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Coverage } from './coverage.ts';
import { type Outcome, run } from './run.ts';
import { type Limits, shrink } from './shrink.ts';
import { Story, sentence, storyOf } from './story.ts';

export interface Telling {
  readonly seed: number;
  readonly seeds: number;
  readonly steps: number;
  /** A story to replay instead. */
  readonly file: string | undefined;
  /** The bug that was planted, to be said in the command that replays a failure. */
  readonly plant: string | undefined;
  /** What no seed has met fails, too. */
  readonly covering: boolean;
  /** How far a failure is shrunk. */
  readonly shrinking: Limits;
}

/** Lines of the trace that are shown of a failure. */
const SHOWN_LINES = 40;

/** Tells stories until one fails, and shows that as small as it gets. Resolves with whether all promises were kept. */
export async function tellAll(telling: Telling, print: (line: string) => void): Promise<boolean> {
  const { seed, seeds, steps, file, covering } = telling;
  const coverage = new Coverage();
  if (file !== undefined)
    return tellOne(Story.parse(JSON.parse(readFileSync(file, 'utf8'))), telling, print, coverage);
  for (let next = seed; next < seed + seeds; next++)
    if (!(await tellOne(storyOf(next, steps), telling, print, coverage))) return false;
  const unmet = covering ? coverage.unmet() : [];
  if (unmet.length > 0) print(`What never happened was never tested: ${unmet.join(', ')}`);
  for (const line of coverage.lines()) print(line);
  return unmet.length === 0;
}

async function tellOne(
  story: Story,
  telling: Telling,
  print: (line: string) => void,
  coverage: Coverage,
): Promise<boolean> {
  const outcome = await run(story);
  coverage.add(outcome);
  if (outcome.problems.length === 0) {
    print(`seed ${story.seed}: ${summary(story, outcome)}`);
    return true;
  }
  print(`seed ${story.seed} FAILED: ${summary(story, outcome)}`);
  for (const problem of outcome.problems) print(`  ${problem}`);
  const small = await shrink(story, outcome, telling.shrinking);
  print('');
  print(
    `The smallest story that fails (${small.story.steps.length} of ${story.steps.length} steps, ${small.runs} runs):`,
  );
  print(small.story.shared ? '  Two processes on shared stores.' : '  One process.');
  for (const step of small.story.steps) print(`  ${sentence(step)}`);
  for (const problem of small.outcome.problems) print(`  => ${problem}`);
  print('');
  print(`The last of its ${small.outcome.steps} steps:`);
  for (const line of small.outcome.lastLines.slice(-SHOWN_LINES)) print(`  ${line}`);
  print('');
  const file = join(tmpdir(), `annals-story-${story.seed}.json`);
  writeFileSync(file, JSON.stringify(small.story));
  const plant = telling.plant === undefined ? '' : ` --plant ${telling.plant}`;
  print(`Again as it was: npm run simulate -- --seed ${story.seed} --steps ${telling.steps}${plant}`);
  print(`The small one:   npm run simulate -- --story ${file}${plant}`);
  return false;
}

const summary = ({ steps: told }: Story, { steps, events, deaths, faults, hash }: Outcome): string => {
  const met = Object.values(faults).reduce((sum, times) => sum + times, 0);
  return `${told.length} steps told in ${steps}, ${events} events, ${deaths} deaths, ${met} faults, ${hash}`;
};
