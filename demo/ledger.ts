/** An account, and by how much its balance changes, in minor units. */
export interface Posting {
  /** `wallet:<person>:<currency>:held`, `clearing:<movement>:<currency>`: the third part is always the currency. */
  readonly account: string;
  readonly amount: bigint;
}

/** The balances to which postings come, and what was wrong with them. */
export interface Ledger {
  readonly balances: Map<string, bigint>;
  readonly problems: string[];
  /** How many decimal places an amount in major units has, by currency. */
  readonly exponents: ReadonlyMap<string, number>;
}

export const emptyLedger = (exponents: Ledger['exponents']): Ledger => ({
  balances: new Map(),
  problems: [],
  exponents,
});

/** An amount for people to read, `-12.50 USD`. */
export function readable({ exponents }: Ledger, amount: bigint, currency: string): string {
  const exponent = exponents.get(currency);
  if (exponent === undefined) return `${amount} of the smallest unit of ${currency}`;
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  return `${sign}${whole}${exponent === 0 ? '' : `.${digits.slice(-exponent)}`} ${currency}`;
}

const currencyOf = (account: string): string => account.split(':')[2] ?? '';
const isClearing = (account: string): boolean => account.startsWith('clearing:');
/** What a provider keeps for the platform stands on its account below zero. */
const mayBeNegative = (account: string): boolean => account.startsWith('provider:');

/** Books what one event moves; `where` names it. */
export function book(ledger: Ledger, where: string, postings: readonly Posting[]): void {
  const { balances, problems } = ledger;
  const sums = new Map<string, bigint>();
  for (const { account, amount } of postings) {
    balances.set(account, (balances.get(account) ?? 0n) + amount);
    const currency = currencyOf(account);
    sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  }
  for (const [currency, sum] of sums)
    if (sum !== 0n) problems.push(`${where} makes ${readable(ledger, sum, currency)} out of nothing`);
  for (const { account } of postings)
    if ((balances.get(account) ?? 0n) < 0n && !mayBeNegative(account))
      problems.push(`${where} overdraws ${account}`);
}

/** Money that left one account and never reached another. */
export const underWay = (ledger: Ledger): readonly string[] =>
  [...ledger.balances].flatMap(([account, balance]) =>
    isClearing(account) && balance !== 0n
      ? [`${readable(ledger, balance, currencyOf(account))} stay in ${account}`]
      : [],
  );

/** Where what is shown is not what the postings come to. */
export const differences = (ledger: Ledger, shown: ReadonlyMap<string, bigint>): readonly string[] =>
  [...new Set([...ledger.balances.keys(), ...shown.keys()])]
    .filter((account) => !isClearing(account))
    .flatMap((account) => {
      const [booked = 0n, seen = 0n] = [ledger.balances.get(account), shown.get(account)];
      if (booked === seen) return [];
      const [said, sum] = [seen, booked].map((each) => readable(ledger, each, currencyOf(account)));
      return [`${account} shows ${said}, its postings come to ${sum}`];
    });
