import { amount, type Complain, type RawEvent, type Rules, text } from './raw.ts';

/** What takes money, or a promise of it, out of a person's reach. */
const leaving: ReadonlySet<string> = new Set([
  ...['TransferSent', 'FundsReserved', 'WalletClosed', 'MoneyLeftBehind'],
]);

/**
 * Nobody gives up their own debt for the house. While a person owes, nothing is available in that currency, and nothing leaves;
 * all their wallets hear of a debt before it is in one of them; what was written off is recovered once. `balances` are those of
 * the ledger.
 */
export function debts(balances: () => Readonly<Record<string, bigint>>): Rules {
  /** By person and currency. */
  const owed = new Map<string, bigint>();
  /** Debts that all wallets of a person have heard of, by movement: whether the one that has to give has answered. */
  const told = new Map<string, boolean>();
  /** Of those: how much was told. */
  const expected = new Map<string, bigint>();
  /** By person and currency: what was written off and has not been recovered. */
  const lost = new Map<string, bigint>();

  function lose({ type, data }: RawEvent, wallet: string, complain: Complain): void {
    const by = type === 'DebtWrittenOff' ? amount(data.amount) : -amount(data.amount);
    const after = (lost.get(wallet) ?? 0n) + by;
    lost.set(wallet, after);
    if (after < 0n) complain(`recovers ${-after} more than was ever written off`);
  }

  function ofWallet(event: RawEvent, complain: Complain): void {
    const { type, data, metadata } = event;
    const wallet = `${data.person}:${data.currency}`;
    const before = owed.get(wallet) ?? 0n;
    if (before > 0n && leaving.has(type)) complain(`${before} are owed, and money leaves`);
    if (type === 'DebtWrittenOff' || type === 'LossRecovered') lose(event, wallet, complain);
    if (type === 'DebtWrittenOff' && metadata.actor === data.person)
      complain('somebody has given up their own debt');
    if (data.owed === undefined) return;
    if (type === 'DebtIncurred' && expected.get(text(data.movement)) !== amount(data.amount))
      complain('the other wallets have not heard of it, or of another amount');
    const by = type === 'DebtIncurred' ? amount(data.amount) : -amount(data.amount);
    owed.set(wallet, before + by);
    if (data.owed !== (before + by).toString())
      complain(`says that ${data.owed} are owed, not ${before + by}`);
  }

  return {
    see(event, complain) {
      const { type, stream, data } = event;
      if (stream.startsWith('wallet-')) ofWallet(event, complain);
      else if (type === 'DebtExpected') {
        told.set(text(data.movement), false);
        expected.set(text(data.movement), amount(data.amount));
      } else if (type === 'DebtNoted' && data.movement !== undefined) told.set(text(data.movement), true);
    },
    atRest(complain) {
      for (const [movement, answered] of told)
        if (!answered) complain(`no wallet has answered for the debt by ${movement}`);
      const ends = balances();
      for (const [wallet, debt] of owed) {
        const booked = ends[`receivable:${wallet}`] ?? 0n;
        if (booked !== -debt) complain(`${wallet} owes ${debt} where ${-booked} are booked`);
        if (debt > 0n && (ends[`wallet:${wallet}:available`] ?? 0n) > 0n)
          complain(`${wallet} owes ${debt} and has something available`);
      }
    },
  };
}
