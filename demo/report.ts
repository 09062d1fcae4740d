import type { Result } from './results.ts';

/** An auction whose price no reserve explains either. Amounts in cents as decimal strings. */
interface Unexplained {
  readonly auction: string;
  readonly item: string;
  readonly ebayPrice: string;
  readonly price: string | null;
  readonly priceGivenReserve: string | null;
  readonly winner: string | null;
}

/** What `--report` writes. */
export interface Report {
  readonly auctions: number;
  readonly bidsAccepted: number;
  readonly bidsRejected: number;
  /** Final prices equal to eBay's to the cent, with no reserve. */
  readonly pricesEqual: number;
  readonly winnersEqual: number;
  /** The same once those that differ are held again with a reserve of eBay's price. */
  readonly pricesEqualGivenReserve: number;
  readonly moneyConserved: boolean;
  /** In the whole history. */
  readonly events: number;
  readonly seconds: number;
  /** From sending a bid to the arrival of the feed item that holds its effect; null where no bid was new. */
  readonly feedLatencyMs: Percentiles | null;
  readonly bidsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly unexplained: readonly Unexplained[];
  /** What must not be, one sentence each. */
  readonly problems: readonly string[];
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** By nearest rank, to a tenth of a millisecond. */
export function percentiles(values: readonly number[]): Percentiles | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => tenths(sorted[Math.ceil(part * sorted.length) - 1] ?? 0);
  return sorted.length === 0 ? null : { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** The results with no reserve beside those of the same auctions held again with one. */
export function unexplained(plain: readonly Result[], reserved: readonly Result[]): readonly Unexplained[] {
  const again = new Map(reserved.map((result) => [result.lot.number, result]));
  return plain.flatMap(({ lot, priceEqual, hammer, winner }) => {
    const second = again.get(lot.number);
    if (priceEqual || second?.priceEqual === true) return [];
    return [
      {
        auction: lot.number,
        item: lot.title,
        ebayPrice: String(lot.finalPrice),
        price: hammer === null ? null : String(hammer),
        priceGivenReserve: second?.hammer == null ? null : String(second.hammer),
        winner,
      },
    ];
  });
}

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const dollars = (cents: string | null): string =>
  cents === null ? 'unsold' : `$${cents.padStart(3, '0').replace(/(\d\d)$/, '.$1')}`;

function lines(report: Report): readonly (readonly [label: string, value: string])[] {
  const { auctions, feedLatencyMs } = report;
  const of = (part: number): string => `${number.format(part)} of ${number.format(auctions)}`;
  return [
    ['auctions', number.format(auctions)],
    ['bids accepted', number.format(report.bidsAccepted)],
    ['bids rejected', number.format(report.bidsRejected)],
    ['final prices equal to eBay’s, to the cent', of(report.pricesEqual)],
    ['… given a reserve in those that differ', of(report.pricesEqualGivenReserve)],
    ['winners equal', of(report.winnersEqual)],
    ['money conserved', report.moneyConserved ? 'yes' : 'NO'],
    ['events appended', number.format(report.events)],
    ['seconds', number.format(report.seconds)],
    ['bids a second, while bidding', number.format(report.bidsPerSecond)],
    ['events a second, all told', number.format(report.eventsPerSecond)],
    [
      'from sending a bid to its effect in the feed',
      feedLatencyMs === null
        ? 'no bid was new'
        : `p50 ${feedLatencyMs.p50} ms, p95 ${feedLatencyMs.p95} ms, p99 ${feedLatencyMs.p99} ms`,
    ],
  ];
}

/** The report for a person. */
export function tableOf(report: Report): string {
  const rows = lines(report);
  const width = Math.max(...rows.map(([label]) => label.length));
  const table = rows.map(([label, value]) => `  ${label.padEnd(width)}   ${value}`);
  const rest = report.unexplained.map(
    ({ auction, item, ebayPrice, price, priceGivenReserve, winner }) =>
      `  ${auction} (${item}): eBay ${dollars(ebayPrice)}, here ${dollars(price)}, with a reserve ${dollars(priceGivenReserve)}; won by ${winner ?? 'nobody'}`,
  );
  return [
    '',
    ...table,
    ...(rest.length === 0 ? [] : ['', 'Prices that no reserve explains either:', ...rest]),
    ...(report.problems.length === 0
      ? []
      : ['', 'What must not be:', ...report.problems.map((problem) => `  ${problem}`)]),
    '',
  ].join('\n');
}
