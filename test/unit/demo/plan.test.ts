import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { leftOutText, type Row, readBids } from '#demo/csv.ts';
import { lotsOf, pursesOf, windowsOf, winnerOf } from '#demo/plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'annals-plan-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = 'auction_id,bidder,max_bid,day,bidder_rating,opening_bid,final_price,item,duration_days';
function fileOf(...lines: readonly string[]): string {
  const file = join(folder, 'bids.csv');
  writeFileSync(file, `${[HEADER, ...lines].join('\n')}\n`);
  return file;
}
const DAY_MS = 86_400_000;

const row = (over: Partial<Row>): Row => ({
  ...{ auction_id: '1', bidder: 'ann', max_bid: 100n, day: 1, bidder_rating: 0, opening_bid: 1n },
  ...{ final_price: 100n, item: 'Watch', duration_days: 3, ...over },
});

test('dollars become cents digit by digit', () => {
  const { rows } = readBids(
    fileOf('1,ann,177.5,0.5,-4,99,1177.57,Watch,3', '1,bob,0.1,1e-05,0,99,1177.57,Watch,3'),
  );
  assert.deepEqual(
    rows.map(({ max_bid, opening_bid, final_price }) => [max_bid, opening_bid, final_price]),
    [
      [17_750n, 9_900n, 117_757n],
      [10n, 9_900n, 117_757n],
    ],
  );
  assert.deepEqual([rows[0]?.bidder_rating, rows[1]?.day], [-4, 0.000_01]);
});

test('a file that does not fit is refused by line and column', () => {
  const good = '1,ann,177.5,0.5,0,99,177.5,Watch,3';
  for (const [line, problem] of [
    ['1,ann,1.005,0.5,0,99,177.5,Watch,3', /line 3, max_bid: dollars/],
    ['1,ann,0,0.5,0,99,177.5,Watch,3', /line 3, max_bid: more than nothing/],
    ['1,ann/eve,5,0.5,0,99,177.5,Watch,3', /line 3, bidder: an id/],
    ['1,ann,5,3.5,0,99,177.5,Watch,3', /line 3: a bid after the end/],
    ['1,ann,5,later,0,99,177.5,Watch,3', /line 3, day/],
  ] as const)
    assert.throws(() => readBids(fileOf(good, line)), problem, line);
  assert.throws(() => readBids(fileOf()), /cannot be read/);
});

test('what is missing in a column that is not needed is unknown', () => {
  const { rows, leftOut } = readBids(
    fileOf(
      ...['NA', '', '-', 'N/A'].map((none) => `1,ann,5,0.5,${none},1,5,Watch,3`),
      '1,ann,5,0.5,7,1,5,,3',
    ),
  );
  assert.deepEqual(
    rows.map(({ bidder_rating, item }) => [bidder_rating, item]),
    [...Array(4).fill([0, 'Watch']), [7, undefined]],
  );
  assert.deepEqual(leftOut, []);
  assert.deepEqual(
    lotsOf(rows).map(({ title }) => title),
    ['Watch'],
  );
  assert.deepEqual(
    lotsOf(rows.slice(4)).map(({ title }) => title),
    ['Auction 1'],
  );
});

test('a column that is not needed need not be there; one that is is asked for by name', () => {
  const file = fileOf();
  writeFileSync(
    file,
    'auction_id,bidder,max_bid,day,opening_bid,final_price,duration_days\n1,ann,5,0.5,1,5,3\n',
  );
  assert.deepEqual(readBids(file).rows[0]?.bidder_rating, 0);
  writeFileSync(file, 'auction_id,bidder,day,final_price,duration_days\n1,ann,0.5,5,3\n');
  assert.throws(() => readBids(file), /no column max_bid, opening_bid/);
});

test('a row without something that is needed is left out, named and counted', () => {
  const good = '1,ann,5,0.5,0,1,5,Watch,3';
  const { rows, leftOut } = readBids(
    fileOf(good, '1,bob,NA,0.6,0,1,5,Watch,3', '', good, '1,,-,0.7,0,1,5,Watch,3'),
  );
  assert.equal(rows.length, 2);
  assert.deepEqual(leftOut, [
    { line: 3, missing: ['max_bid'] },
    { line: 6, missing: ['bidder', 'max_bid'] },
  ]);
  const many = Array.from({ length: 25 }, (_, at) => ({ line: at + 2, missing: ['day'] }));
  assert.match(
    leftOutText(many) ?? '',
    /^25 rows are left out.*\n {2}line 2: no day\n[\s\S]*\n {2}and 15 more$/,
  );
  assert.equal(leftOutText([]), undefined);
  assert.throws(
    () => readBids(fileOf('1,bob,NA,0.6,0,1,5,Watch,3')),
    /no row to make a bid of.*1 row is left out/s,
  );
});

test('problems of a file are counted, and none is told in the words of a library', () => {
  const bad = Array.from({ length: 12 }, () => '1,ann,5,later,few,1,5,Watch,3');
  assert.throws(
    () => readBids(fileOf(...bad)),
    (error: Error) => {
      assert.match(
        error.message,
        /line 2, day: a number\n {2}line 2, bidder_rating: a number\n[\s\S]*and 14 more$/,
      );
      return true;
    },
  );
  assert.throws(() => readBids(join(folder, 'none.csv')), /none.csv cannot be read/);
});

test('rows of an auction come in order of time, those of the same day in that of the file', () => {
  const [lot] = lotsOf([
    row({ bidder: 'late', day: 2 }),
    row({ bidder: 'first', day: 1 }),
    row({ bidder: 'second', day: 1 }),
    row({ bidder: 'last', day: 3 }),
  ]);
  assert.deepEqual(
    lot?.bids.map(({ bidder }) => bidder),
    ['first', 'second', 'late', 'last'],
  );
  assert.equal(lot?.bids.at(-1)?.atMs, 3 * DAY_MS - 1, 'the last moment is before the end');
});

test('the winner has the largest maximum, the earlier of equal ones', () => {
  const bids = [
    row({ bidder: 'ann', max_bid: 5n }),
    row({ bidder: 'bob', max_bid: 9n }),
    row({ bidder: 'eve', max_bid: 9n }),
  ];
  assert.deepEqual(lotsOf(bids).map(winnerOf), ['bob']);
});

test('rows that disagree on how their auction ended are refused', () => {
  assert.throws(() => lotsOf([row({}), row({ final_price: 101n })]), /auction 1 disagree/);
});

test('a purse holds the largest maximum of each auction with the premium on it', () => {
  const lots = lotsOf([
    row({ max_bid: 300n }),
    row({ max_bid: 500n, day: 2 }),
    row({ max_bid: 400n, day: 2.5 }),
    row({ auction_id: '2', max_bid: 1_000n }),
    row({ auction_id: '2', bidder: 'bob', max_bid: 50n, bidder_rating: 7 }),
  ]);
  assert.deepEqual(
    pursesOf(lots, (price) => price / 10n),
    [
      { bidder: 'ann', reputation: 0, amount: 550n + 1_100n },
      { bidder: 'bob', reputation: 7, amount: 55n },
    ],
  );
});

const someRows = fc
  .array(
    fc.record({
      auction: fc.integer({ min: 1, max: 6 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 600 },
  )
  .map((bids) =>
    bids.map(({ auction, part }) => {
      const duration_days = 3 + (auction % 3) * 2;
      return row({ auction_id: `${auction}`, duration_days, day: part * duration_days });
    }),
  );

test('windows hold every bid once, in order, and none reaches over the end of an auction', () => {
  fc.assert(
    fc.property(someRows, (rows) => {
      const lots = lotsOf(rows);
      const windows = windowsOf(lots);
      for (const lot of lots) {
        const placed = windows.flatMap(({ chains }) =>
          chains.filter((chain) => chain.lot === lot).flatMap(({ bids }) => bids),
        );
        assert.deepEqual(placed, lot.bids);
      }
      const moments = windows.map(({ atMs }) => atMs);
      assert.deepEqual(
        moments,
        moments.toSorted((a, b) => a - b),
      );
      const ends = lots.map(({ durationMs }) => durationMs);
      for (const { atMs, chains } of windows)
        for (const { bids } of chains)
          for (const bid of bids) assert.ok(!ends.some((end) => atMs < end && end <= bid.atMs));
    }),
    { numRuns: Number(process.env.ANNALS_RUNS ?? 100) },
  );
});
