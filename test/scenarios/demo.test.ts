import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

// The demo as a person runs it, on a dozen of the auctions, beside an auction of thirty lines that knows nothing of ours.

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'annals-demo-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The first of the file, and the two whose price no reserve explains. */
const [header = '', ...everyLine] = readFileSync(join(root, 'samples/ebay-auctions.csv'), 'utf8')
  .trim()
  .split('\n');
const numbers = [...new Set(everyLine.map((line) => line.split(',')[0]))];
const chosen = new Set([...numbers.slice(0, 10), '3016587753', '3017736272']);
const sample = everyLine.filter((line) => chosen.has(line.split(',')[0]));
const file = join(folder, 'bids.csv');
writeFileSync(file, `${[header, ...sample].join('\n')}\n`);

// The independent calculation: prices in cents, the rules as the sale states them.

const cents = (dollars = ''): number => Math.round(Number(dollars) * 100);
const LADDER = [
  [100, 5],
  [500, 25],
  [2_500, 50],
  [10_000, 100],
  [25_000, 250],
  [50_000, 500],
  [100_000, 1_000],
  [250_000, 2_500],
  [500_000, 5_000],
] as const;
const increment = (price: number): number => LADDER.find(([below]) => price < below)?.[1] ?? 10_000;

interface Bid {
  readonly bidder: string;
  readonly maximum: number;
}
function hammer(bids: readonly Bid[], opening: number, reserve = 0) {
  let [leader, top, price, accepted] = ['', 0, 0, 0];
  for (const { bidder, maximum } of bids) {
    if (
      leader === ''
        ? maximum < opening
        : bidder === leader
          ? maximum <= top
          : maximum < price + increment(price)
    )
      continue;
    accepted += 1;
    if (leader === '') [leader, top, price] = [bidder, maximum, opening];
    else if (bidder === leader) top = maximum;
    else if (maximum <= top) price = Math.min(top, maximum + increment(maximum));
    else [leader, top, price] = [bidder, maximum, Math.min(maximum, top + increment(top))];
    price = top < reserve ? top : Math.max(price, reserve);
  }
  return { accepted, leader, price: top >= reserve && leader !== '' ? price : undefined };
}

/** eBay's winner: the largest maximum, the earlier of equal ones. */
const winnerOf = (bids: readonly Bid[]): string | undefined =>
  bids.toSorted((a, b) => b.maximum - a.maximum)[0]?.bidder;

function expected() {
  const auctions = [
    ...Map.groupBy(
      sample.map((line) => line.split(',')),
      ([number]) => number,
    ),
  ].map(([number, rows]) => {
    const bids = rows.map(([, bidder = '', maximum]) => ({ bidder, maximum: cents(maximum) }));
    const [first = []] = rows;
    const [opening, ebay] = [cents(first[5]), cents(first[6])];
    const plain = hammer(bids, opening);
    const reserved = plain.price === ebay ? plain : hammer(bids, opening, ebay);
    return { number, bids, plain, ebay, reserved };
  });
  const accepted = auctions.reduce((sum, { plain }) => sum + plain.accepted, 0);
  return {
    auctions: auctions.length,
    bidsAccepted: accepted,
    bidsRejected: sample.length - accepted,
    pricesEqual: auctions.filter(({ plain, ebay }) => plain.price === ebay).length,
    winnersEqual: auctions.filter(({ plain, bids }) => plain.leader === winnerOf(bids)).length,
    pricesEqualGivenReserve: auctions.filter(({ reserved, ebay }) => reserved.price === ebay).length,
    moneyConserved: true,
    problems: [],
    unexplained: auctions.filter(({ reserved, ebay }) => reserved.price !== ebay).map(({ number }) => number),
  };
}

// The demo in a process group of its own, so that one signal reaches the platform that it starts, too.

interface Demo {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

function demo(dataDir: string, report: string): Demo {
  const child = spawn('node', ['start.js', 'demo/main.ts', '--file', file, '--report', report], {
    cwd: root,
    env: { PATH: process.env.PATH, DATA_DIR: join(folder, dataDir) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  after(() => killGroup(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, output: () => output };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // The group has ended by itself.
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}

async function reportOf(dataDir: string) {
  const path = join(folder, `${dataDir}.json`);
  const running = demo(dataDir, path);
  assert.equal(await running.ended, 0, running.output());
  const report = JSON.parse(readFileSync(path, 'utf8'));
  return { report, output: running.output() };
}

/** All that a report says but how long things took. */
function timeless({
  seconds,
  feedLatencyMs,
  bidsPerSecond,
  eventsPerSecond,
  ...rest
}: Record<string, unknown>) {
  return rest;
}

const BIDS = '{ auctions(first: 100) { edges { node { bids } } } }';

/** How many bids stand in the platform that a demo has started, asked from outside. */
async function bidsStanding(running: Demo): Promise<number> {
  const [url] = /http:\/\/\S+?:\d+/.exec(running.output()) ?? [];
  if (url === undefined) return 0;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: BIDS }),
  });
  const { data } = (await response.json()) as {
    data: { auctions: { edges: readonly { node: { bids: number } }[] } };
  };
  return data.auctions.edges.reduce((sum, { node }) => sum + node.bids, 0);
}

test('the demo comes to what an independent calculation says, also when it was killed in the middle', async () => {
  const whole = await reportOf('whole');
  const { unexplained, ...said } = whole.report;
  const { unexplained: names, ...worked } = expected();
  assert.deepEqual({ ...said, ...worked }, said);
  assert.deepEqual(
    unexplained.map(({ auction }: { auction: string }) => auction),
    names,
  );
  assert.ok(
    names.length === 2 && worked.bidsRejected > 0 && worked.pricesEqual < worked.pricesEqualGivenReserve,
  );
  assert.ok(said.feedLatencyMs.p50 > 0 && said.events > sample.length * 3);
  assert.match(whole.output, new RegExp(`bids accepted +${worked.bidsAccepted}\n`));

  const killed = demo('killed', join(folder, 'never.json'));
  const half = worked.bidsAccepted / 3;
  for (let standing = 0; standing < half; standing = await bidsStanding(killed)) {
    assert.equal(killed.child.exitCode, null, killed.output());
    await pause(20);
  }
  killGroup(killed.child);
  assert.equal(await killed.ended, null, 'it was killed before it came to its end');
  const resumed = await reportOf('killed');
  assert.deepEqual(timeless(resumed.report), timeless(whole.report));
});
