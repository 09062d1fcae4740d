import { amount, type Complain, type Json, type RawEvent, type Rules, text } from './raw.ts';

interface Paid {
  /** Came into a wallet, paid a debt of one that is closed, or is owed. */
  inWallet: bigint;
  debt: bigint;
  unclaimed: bigint;
  /** What was credited and paid a debt in the same decision. */
  debtFromWallet: bigint;
}

const FOR = 'sale_proceeds';

/** What became of the proceeds of a sale is so when its settlement says it, and is what it says. */
export function proceeds(): Rules {
  const paid = new Map<string, Paid>();
  const settlements = new Map<string, string>();
  /** The last credit of proceeds in each wallet, by the command that decided it. */
  const creditedBy = new Map<string, { readonly commandId: unknown; readonly movement: string }>();

  function of(movement: string): Paid {
    const known = paid.get(movement) ?? { inWallet: 0n, debt: 0n, unclaimed: 0n, debtFromWallet: 0n };
    paid.set(movement, known);
    return known;
  }

  function payDebt({ stream, data, metadata }: RawEvent): void {
    const { credit } = data as { readonly credit?: Json };
    if (credit?.reason === FOR) of(text(credit.movement)).debt += amount(data.amount);
    const last = creditedBy.get(stream);
    if (credit === undefined && last?.commandId === metadata.commandId)
      of(last?.movement ?? '').debtFromWallet += amount(data.amount);
  }

  function settle({ data }: RawEvent, complain: Complain): void {
    const { inWallet, debt, unclaimed, debtFromWallet } = of(settlements.get(text(data.auctionId)) ?? '');
    const together = inWallet + debt + unclaimed;
    if (together !== amount(data.proceeds))
      complain(`${data.proceeds} are said to be paid where it is ${together}`);
    if ((data.paidTo === 'unclaimed') !== unclaimed > 0n)
      complain(`the proceeds went to ${data.paidTo}, and ${unclaimed} are owed`);
    if (data.debtPaid !== undefined && amount(data.debtPaid) !== debt + debtFromWallet)
      complain(`a debt took ${debt + debtFromWallet}, not ${data.debtPaid}`);
  }

  return {
    see(event, complain) {
      const { type, stream, data, metadata } = event;
      if (type === 'LotSold') settlements.set(text(data.auctionId), text(data.settlement));
      else if (type === 'FundsCredited' && data.reason === FOR) {
        const movement = text(data.movement);
        of(movement).inWallet += amount(data.amount);
        creditedBy.set(stream, { commandId: metadata.commandId, movement });
      } else if (type === 'MoneyUnclaimed' && data.reason === FOR)
        of(text(data.movement)).unclaimed += amount(data.amount);
      else if (type === 'DebtPaid') payDebt(event);
      else if (type === 'LotSettled') settle(event, complain);
    },
    atRest: () => undefined,
  };
}
