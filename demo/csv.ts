import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

const CENTS_PER_DOLLAR = 100n;
const MAX_ROWS = 1_000_000;
/** Problems named at once: the first few tell what is wrong with a file. */
const MAX_PROBLEMS = 10;
/** The first line names the columns. */
const FIRST_ROW_LINE = 2;

/** What may stand in an id of the platform, and still leaves room for a prefix. */
const Id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/, 'an id of at most 32 letters, digits, _ . or -');

/** US dollars as they are written, in cents; digit by digit, because a float would round some of them. */
const Dollars = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,2})?$/, 'dollars with at most two decimals')
  .transform((text) => {
    const [whole = '0', decimals = ''] = text.split('.');
    return BigInt(whole) * CENTS_PER_DOLLAR + BigInt(decimals.padEnd(2, '0'));
  });
const PositiveDollars = Dollars.refine((cents) => cents > 0n, 'more than nothing');

const Row = z
  .object({
    auction_id: Id,
    bidder: Id,
    max_bid: PositiveDollars,
    day: z.coerce.number().min(0),
    bidder_rating: z.coerce.number().int().min(-1_000_000).max(1_000_000),
    opening_bid: PositiveDollars,
    final_price: PositiveDollars,
    item: z.string().trim().min(1).max(200),
    duration_days: z.coerce.number().positive().max(90),
  })
  .refine(({ day, duration_days }) => day <= duration_days, 'a bid after the end of its auction');
/** One bid as eBay recorded it; amounts in cents, times in days since the auction opened. */
export type Row = Readonly<z.output<typeof Row>>;

/** A file of bids. */
export interface BidFile {
  readonly rows: readonly Row[];
  /** Of the file's bytes: two runs over the same file are the same run. */
  readonly fingerprint: string;
}

const problemOf = ({ path, message }: z.core.$ZodIssue): string => {
  const [row, column] = path;
  return `line ${Number(row) + FIRST_ROW_LINE}${column === undefined ? '' : `, ${String(column)}`}: ${message}`;
};

/** Reads a file of bids. @throws Error naming the first lines that do not fit. */
export function readBids(file: string): BidFile {
  const bytes = readFileSync(file);
  const records: unknown = parse(bytes, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  const parsed = z.array(Row).min(1).max(MAX_ROWS).safeParse(records);
  if (!parsed.success)
    throw new Error(
      [`${file} cannot be read:`, ...parsed.error.issues.slice(0, MAX_PROBLEMS).map(problemOf)].join('\n  '),
    );
  return { rows: parsed.data, fingerprint: createHash('sha256').update(bytes).digest('hex') };
}
