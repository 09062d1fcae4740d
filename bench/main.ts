import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { appends } from './appends.ts';
import { bids } from './bids.ts';
import type { Row } from './row.ts';

/** Every measurement, in the order in which they run. */
const benches: readonly (() => Promise<readonly Row[]>)[] = [appends, bids];

const { values } = parseArgs({ options: { report: { type: 'string' } } });
const rows: Row[] = [];
for (const bench of benches) rows.push(...(await bench()));

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
console.table(
  rows.map(({ name, value, unit, against, ratio, goal }) => ({
    name,
    value: `${whole.format(value)} ${unit}`,
    against: `${whole.format(against)} ${unit}`,
    ratio: ratio.toFixed(2),
    goal: goal.toFixed(2),
    reached: ratio >= goal ? 'yes' : 'no',
  })),
);
if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(rows, null, 2)}\n`);
