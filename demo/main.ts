import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BidFile, readBids } from './csv.ts';
import { platformAt, type RunningPlatform, startPlatform } from './platform.ts';
import { replay } from './replay.ts';
import { tableOf } from './report.ts';

// Holds real eBay auctions again, as a customer of the public API and nothing else.

const SAMPLE = resolve(import.meta.dirname, '../samples/ebay-auctions.csv');

const { values } = parseArgs({
  options: { file: { type: 'string', default: SAMPLE }, report: { type: 'string' }, url: { type: 'string' } },
});

async function run(bids: BidFile, platform: RunningPlatform): Promise<number> {
  const report = await replay(bids, platform);
  console.log(tableOf(report));
  if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
  return report.problems.length === 0 ? 0 : 1;
}

// Leaving takes the platform along: it stops in its own time.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

try {
  const bids = readBids(values.file);
  const platform = values.url === undefined ? await startPlatform() : platformAt(values.url);
  console.log(`The platform is ${platform.url}`);
  try {
    process.exitCode = await run(bids, platform);
  } finally {
    await platform.stop();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // What was under way elsewhere, another bid or a bar on the screen, must not keep it from ending.
  process.exit(1);
}
