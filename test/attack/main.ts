/** Attacks the platform by every kind, and says what fell. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { attack, attacks, mostMoreBytes } from './run.ts';

const KINDS = attacks.map(({ name }) => name);
const HELP = `attack [--seed S] [--short] [--only KIND,…] [--case NUMBER]\nkinds: ${KINDS.join(', ')}`;
/** The promise: whoever asks politely waits no longer, whatever others do. */
const POLITE_MS = 1_000;

const Whole = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
const Options = z.object({
  seed: Whole.default(1),
  short: z.boolean().default(false),
  only: z
    .string()
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(KINDS)).min(1))
    .optional(),
  case: Whole.optional(),
});
const text = { type: 'string' } as const;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({ options: { seed: text, short: { type: 'boolean' }, only: text, case: text } });
const parsed = Options.safeParse(values);
if (!parsed.success) {
  say(HELP);
  process.exit(64);
}
const { seed, short, only, case: caseNumber } = parsed.data;
const { findings, figures, answered } = await attack({
  seed,
  short,
  ...(only && { only }),
  caseNumber,
  politeMs: POLITE_MS,
  say,
});
const cases = figures.reduce((sum, figure) => sum + figure.cases, 0);
say(
  `${cases} cases of seed ${seed}; a polite client was answered ${answered} times; memory is to come to no more than ${mostMoreBytes(short) / 2 ** 20} MiB above what it is at rest`,
);
say(findings.length === 0 ? 'nothing fell' : `${findings.length} findings:`);
for (const finding of findings) say(`  ${finding.split('\n')[0]}`);
process.exit(findings.length === 0 ? 0 : 1);
