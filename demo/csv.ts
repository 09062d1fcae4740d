import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

const CENTS_PER_DOLLAR = 100n;
const MAX_ROWS = 1_000_000;
/** Problems named at once: the first few tell what is wrong with a file. */
const MAX_PROBLEMS = 10;
/** How people write that they do not know. */
const MISSING: readonly unknown[] = ['', 'NA', 'N/A', '-'];

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

const NUMBER = { error: 'a number' } as const;

/** What a bid cannot do without. */
const needed = {
  auction_id: Id,
  bidder: Id,
  max_bid: PositiveDollars,
  day: z.coerce.number(NUMBER).min(0, 'not before the beginning'),
  opening_bid: PositiveDollars,
  final_price: PositiveDollars,
  duration_days: z.coerce.number(NUMBER).positive('more than nothing').max(90, 'at most 90 days'),
} as const;

/** What it can do without, where the file has no such column too. */
const useful = {
  /** 0: unknown. */
  bidder_rating: z.coerce
    .number(NUMBER)
    .int('a whole number')
    .min(-1_000_000, 'at least -1,000,000')
    .max(1_000_000, 'at most 1,000,000')
    .default(0),
  item: z.string().trim().max(200, 'at most 200 characters').optional(),
} as const;

const Row = z
  .object({ ...needed, ...useful })
  .refine(({ day, duration_days }) => day <= duration_days, 'a bid after the end of its auction');
/** One bid as eBay recorded it; amounts in cents, times in days since the auction opened. */
export type Row = Readonly<z.output<typeof Row>>;

/** A row without something that a bid needs. */
export interface LeftOut {
  readonly line: number;
  readonly missing: readonly string[];
}

/** A file of bids. */
export interface BidFile {
  readonly rows: readonly Row[];
  /** The rows that no bid could be made of, in the order of the file. */
  readonly leftOut: readonly LeftOut[];
  /** Of the file's bytes: two runs over the same file are the same run. */
  readonly fingerprint: string;
}

/** A file that cannot be read, or that does not fit; its message says where. */
export class BidFileError extends Error {
  /** `damaged`: the file is there, and is at fault; `misused`: it is not there. */
  readonly code: 'damaged' | 'misused';
  constructor(message: string, code: 'damaged' | 'misused', options?: ErrorOptions) {
    super(message, options);
    this.name = 'BidFileError';
    this.code = code;
  }
}

interface Written {
  readonly record: Readonly<Record<string, string>>;
  /** Where it ends in the file, from 1. */
  readonly info: { readonly lines: number };
}

/** The first of many, and how many more there are. */
const named = (lines: readonly string[]): readonly string[] => [
  ...lines.slice(0, MAX_PROBLEMS),
  ...(lines.length > MAX_PROBLEMS ? [`and ${lines.length - MAX_PROBLEMS} more`] : []),
];

/** What is to be said of the rows that are left out; nothing when there are none. */
export function leftOutText(leftOut: readonly LeftOut[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const lines = leftOut.map(({ line, missing }) => `line ${line}: no ${missing.join(', ')}`);
  const rows = leftOut.length === 1 ? '1 row is' : `${leftOut.length} rows are`;
  return [`${rows} left out, because something is missing that a bid needs:`, ...named(lines)].join('\n  ');
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BidFileError(`${file} cannot be read: ${why}`, 'misused', { cause: error });
  }
}

/** @throws BidFileError when it is no table, or has not the columns that are needed */
function tableIn(file: string, bytes: Buffer): readonly Written[] {
  let written: readonly Written[];
  try {
    const form = { columns: true, bom: true, trim: true, skip_empty_lines: true, info: true } as const;
    written = parse(bytes, form) as unknown as readonly Written[];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BidFileError(`${file} cannot be read: ${why}`, 'damaged', { cause: error });
  }
  const [first] = written;
  if (first === undefined) throw new BidFileError(`${file} cannot be read: it has no rows`, 'damaged');
  if (written.length > MAX_ROWS)
    throw new BidFileError(`${file} cannot be read: it has more than ${MAX_ROWS} rows`, 'damaged');
  const lacking = Object.keys(needed).filter((column) => !Object.hasOwn(first.record, column));
  if (lacking.length > 0)
    throw new BidFileError(`${file} cannot be read: it has no column ${lacking.join(', ')}`, 'damaged');
  return written;
}

/**
 * Reads a file of bids. What is missing (`NA`, `N/A`, `-`, nothing) in a column that is not needed is unknown; in one that
 * is needed its row is left out, and told.
 *
 * @throws BidFileError naming the first lines that do not fit, and how many there are
 */
export function readBids(file: string): BidFile {
  const bytes = bytesOf(file);
  const rows: Row[] = [];
  const leftOut: LeftOut[] = [];
  const problems: string[] = [];
  for (const { record, info } of tableIn(file, bytes)) {
    const line = info.lines;
    const known = Object.fromEntries(Object.entries(record).filter(([, value]) => !MISSING.includes(value)));
    const missing = Object.keys(needed).filter((column) => !Object.hasOwn(known, column));
    if (missing.length > 0) {
      leftOut.push({ line, missing });
      continue;
    }
    const parsed = Row.safeParse(known);
    if (parsed.success) rows.push(parsed.data);
    else
      for (const { path, message } of parsed.error.issues)
        problems.push(`line ${line}${path.length === 0 ? '' : `, ${path.join('.')}`}: ${message}`);
  }
  if (problems.length > 0)
    throw new BidFileError([`${file} cannot be read:`, ...named(problems)].join('\n  '), 'damaged');
  if (rows.length === 0)
    throw new BidFileError(`${file} has no row to make a bid of. ${leftOutText(leftOut)}`, 'damaged');
  return { rows, leftOut, fingerprint: createHash('sha256').update(bytes).digest('hex') };
}
