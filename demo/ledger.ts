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
}

export const emptyLedger = (): Ledger => ({ balances: new Map(), problems: [] });

const currencyOf = (account: string): string => account.split(':')[2] ?? '';
const isClearing = (account: string): boolean => account.startsWith('clearing:');
/** What a provider keeps for the platform stands on its account below zero. */
const mayBeNegative = (account: string): boolean => account.startsWith('provider:');

/** Books what one event moves; `where` names it. */
export function book({ balances, problems }: Ledger, where: string, postings: readonly Posting[]): void {
  const sums = new Map<string, bigint>();
  for (const { account, amount } of postings) {
    balances.set(account, (balances.get(account) ?? 0n) + amount);
    const currency = currencyOf(account);
    sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  }
  for (const [currency, sum] of sums)
    if (sum !== 0n) problems.push(`${where} makes ${sum} minor units of ${currency} out of nothing`);
  for (const { account } of postings)
    if ((balances.get(account) ?? 0n) < 0n && !mayBeNegative(account))
      problems.push(`${where} overdraws ${account}`);
}

/** Money that left one account and never reached another. */
export const underWay = ({ balances }: Ledger): readonly string[] =>
  [...balances].flatMap(([account, balance]) =>
    isClearing(account) && balance !== 0n ? [`${balance} stay in ${account}`] : [],
  );

/** Where what is shown is not what the postings come to. */
export const differences = ({ balances }: Ledger, shown: ReadonlyMap<string, bigint>): readonly string[] =>
  [...new Set([...balances.keys(), ...shown.keys()])]
    .filter((account) => !isClearing(account))
    .flatMap((account) => {
      const [booked = 0n, seen = 0n] = [balances.get(account), shown.get(account)];
      return booked === seen ? [] : [`${account} shows ${seen}, its postings come to ${booked}`];
    });
