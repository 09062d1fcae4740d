import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, exitCodeOf } from '#exit';
import { type BidFile, leftOutText, readBids } from './csv.ts';
import { platformAt, type RunningPlatform, startPlatform } from './platform.ts';
import { replay } from './replay.ts';
import { tableOf } from './report.ts';

// Holds real eBay auctions again, as a customer of the public API and nothing else.

const SAMPLE = resolve(import.meta.dirname, '../samples/ebay-auctions.csv');

const usage = `npm run demo -- [--file FILE] [--report FILE] [--url URL]

  --file FILE    bids to play, as CSV with the columns of samples/ebay-auctions.csv; what is missing says so
                 (NA, N/A, -, nothing): in bidder_rating and item it is unknown, for anything else its row is left out
  --report FILE  where the result is written as JSON
  --url URL      a platform that runs already, with CLOCK=simulated; without it one is started

Exit codes: 0 everything adds up, 1 something does not, 64 not understood, 65 a file that does not fit, 69 nobody answers.`;

interface Wish {
  readonly help: boolean;
  readonly file: string;
  readonly report: string | undefined;
  readonly url: string | undefined;
}

/** Says what is not understood, and ends. */
function misused(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(EXIT.misused);
}

function readArguments(): Wish {
  const text = { type: 'string' } as const;
  try {
    const {
      help = false,
      file = SAMPLE,
      report,
      url,
    } = parseArgs({
      options: { file: text, report: text, url: text, help: { type: 'boolean', short: 'h' } },
    }).values;
    if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      return misused(`--url ${url} is no address such as http://127.0.0.1:4000`);
    return { help, file, report, url };
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
}

async function run(bids: BidFile, platform: RunningPlatform, report: string | undefined): Promise<number> {
  const result = await replay(bids, platform);
  console.log(tableOf(result));
  if (report !== undefined) writeFileSync(report, `${JSON.stringify(result, null, 2)}\n`);
  return result.problems.length === 0 ? 0 : 1;
}

// Leaving takes the platform along: it stops in its own time.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

const wish = readArguments();
if (wish.help) {
  console.log(usage);
  process.exit(0);
}
try {
  const bids = readBids(wish.file);
  const platform = wish.url === undefined ? await startPlatform() : await platformAt(wish.url);
  console.log(`The platform is ${platform.url}`);
  const leftOut = leftOutText(bids.leftOut);
  if (leftOut !== undefined) console.log(leftOut);
  try {
    process.exitCode = await run(bids, platform, wish.report);
  } finally {
    await platform.stop();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // What was under way elsewhere, another bid or a bar on the screen, must not keep it from ending. Whatever else has gone wrong
  // on the way does not add up.
  process.exit(exitCodeOf(error, 1));
}
