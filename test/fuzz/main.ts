/** Sends as many cases as it is told to a platform of its own, and says what is wrong with the answers. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { fuzz } from './fuzz.ts';

const HELP = 'fuzz [--cases N] [--seed S] [--from NUMBER] [--at-once N]';
const MEGABYTE = 1024 * 1024;

const Whole = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
const Options = z.object({
  cases: Whole.pipe(z.int().min(1)).default(2_000),
  seed: Whole.pipe(z.int()).default(1),
  from: Whole.pipe(z.int()).default(0),
  'at-once': Whole.pipe(z.int().min(1).max(64)).default(16),
});
const text = { type: 'string' } as const;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({ options: { cases: text, seed: text, from: text, 'at-once': text } });
const parsed = Options.safeParse(values);
if (!parsed.success) {
  say(HELP);
  process.exit(64);
}
const { cases, seed, from, 'at-once': atOnce } = parsed.data;
const started = performance.now();
const report = await fuzz({ cases, seed, from, atOnce, say });
const { commands, operations, codes, refusals, memoryBytes, unmet, problems } = report;
const share = (part: number, whole: number) =>
  `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;

say(`${cases} cases of seed ${seed} in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
say(`commands accepted: ${share(commands.accepted, commands.sent)}`);
say(`operations carried out: ${share(operations.carriedOut, operations.sent)}`);
say(
  `memory: ${(memoryBytes.before / MEGABYTE).toFixed(0)} MB before, ${(memoryBytes.after / MEGABYTE).toFixed(0)} MB after`,
);
say(`codes: ${JSON.stringify(codes)}`);
if (Object.keys(refusals).length > 0)
  say(`refused at first, for too much was waiting: ${JSON.stringify(refusals)}`);
if (unmet.length > 0) say(`never met: ${unmet.join(', ')}`);
for (const problem of problems) say(`PROBLEM ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
