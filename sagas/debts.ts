import { type Intent, type Recorded, reaction } from '#domain/kernel/reaction.ts';
import { NoteDebt } from '#domain/wallets/debtor/messages.ts';
import { PayoutReturned, PayoutUnfunded, TopUpReversed } from '#domain/wallets/payment/messages.ts';
import { ReleaseUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import {
  CreditWallet,
  DebtIncurred,
  DebtPaid,
  DebtWrittenOff,
  IncurDebt,
} from '#domain/wallets/wallet/messages.ts';

function takeBack({ data }: Recorded<typeof TopUpReversed | typeof PayoutUnfunded>): readonly Intent[] {
  const { person, currency, amount, movement } = data;
  return [{ command: IncurDebt({ person, currency, amount, movement }) }];
}

function tell({
  data: { person, currency, owed, nth },
}: Recorded<typeof DebtIncurred | typeof DebtPaid | typeof DebtWrittenOff>): readonly Intent[] {
  return [{ command: NoteDebt({ person, currency, owed, nth }) }];
}

/**
 * What went back outside is taken back from the wallet, and owed where that cannot give it; all wallets of the person hear of
 * it, and what is owed to them in the same currency pays it. What came back from the bank goes to the wallet again.
 */
export const debts = reaction({
  name: 'debts',
  events: [TopUpReversed, PayoutUnfunded, PayoutReturned, DebtIncurred, DebtPaid, DebtWrittenOff],
  key: ({ data }) => `${data.person}:${data.currency}`,
  on: {
    TopUpReversed: takeBack,
    PayoutUnfunded: takeBack,
    PayoutReturned: ({ data: { person, currency, amount, movement } }) => [
      { command: CreditWallet({ person, currency, amount, movement, reason: 'payout_returned' }) },
    ],
    DebtIncurred(event) {
      const { person, currency } = event.data;
      return [...tell(event), { command: ReleaseUnclaimed({ person, currency }) }];
    },
    DebtPaid: tell,
    DebtWrittenOff: tell,
  },
});
