import type { Intent } from '#domain/kernel/intent.ts';
import { type Recorded, reaction } from '#domain/kernel/reaction.ts';
import { DebtExpected, ExpectDebt, NoteDebt } from '#domain/wallets/debtor/messages.ts';
import {
  PayoutReturned,
  PayoutUnfunded,
  TopUpReinstated,
  TopUpReversed,
} from '#domain/wallets/payment/messages.ts';
import { ReleaseUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import {
  CreditWallet,
  DebtIncurred,
  DebtPaid,
  DebtWrittenOff,
  IncurDebt,
} from '#domain/wallets/wallet/messages.ts';

/** Names what is sent with its payment: before, it was sent without, and a command is one with all that it says. */
const OF_PAYMENT = 'of payment';

function expect({ data }: Recorded<typeof TopUpReversed | typeof PayoutUnfunded>): readonly Intent[] {
  const { person, currency, amount, movement, paymentId } = data;
  return [{ command: ExpectDebt({ person, currency, amount, movement, paymentId }), purpose: OF_PAYMENT }];
}

function credit(
  { data }: Recorded<typeof PayoutReturned | typeof TopUpReinstated>,
  reason: 'payout_returned' | 'reinstated',
): readonly Intent[] {
  const { person, currency, amount, movement, paymentId } = data;
  const command = CreditWallet({ person, currency, amount, movement, reason, paymentId });
  return [{ command, purpose: OF_PAYMENT }];
}

function tell({
  data: { person, currency, owed, nth },
}: Recorded<typeof DebtPaid | typeof DebtWrittenOff>): readonly Intent[] {
  return [{ command: NoteDebt({ person, currency, owed, nth }) }];
}

/**
 * What went back outside is taken back from the wallet, and owed where that cannot give it; all wallets of the person hear of
 * it before that, and what is owed to them in the same currency pays it. What came back from the bank goes to the wallet again.
 */
export const debts = reaction({
  name: 'debts',
  on: (when) => [
    when(TopUpReversed, PayoutUnfunded, expect),
    when(DebtExpected, ({ data: { person, currency, amount, movement, paymentId } }) => {
      const of = paymentId === undefined ? {} : { paymentId };
      return [{ command: IncurDebt({ person, currency, amount, movement, ...of }) }];
    }),
    when(PayoutReturned, (event) => credit(event, 'payout_returned')),
    when(TopUpReinstated, (event) => credit(event, 'reinstated')),
    when(DebtIncurred, ({ data: { person, currency, owed, nth, movement } }) => {
      // Named, because debts of before were told without their movement.
      const told = { command: NoteDebt({ person, currency, owed, nth, movement }), purpose: 'expected' };
      return [told, { command: ReleaseUnclaimed({ person, currency }) }];
    }),
    when(DebtPaid, DebtWrittenOff, tell),
  ],
  key: ({ data }) => `${data.person}:${data.currency}`,
});
