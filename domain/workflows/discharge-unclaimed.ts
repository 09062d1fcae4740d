import { account } from '../accounts/account/decider.ts';
import { accountStream } from '../accounts/account/messages.ts';
import { workflow } from '../kernel/workflow.ts';
import { debtor, standingDebt } from '../wallets/debtor/decider.ts';
import { debtorStream } from '../wallets/debtor/messages.ts';
import { DischargeUnclaimed, OwnerOwes, OwnerStays } from '../wallets/unclaimed/messages.ts';

/**
 * What is owed to somebody leaves past their wallets only where no wallet can ever take it: their account is closed or erased, which no
 * account comes back from, so that what was read of it stays true. Whoever has no account here (another issuer keeps them) has not left as
 * far as anybody knows, and may open a wallet any day.
 */
export const dischargeUnclaimed = workflow({
  command: DischargeUnclaimed,
  reads: {
    account: { decider: account, stream: accountStream, toEnd: true },
    debtor: { decider: debtor, stream: debtorStream, toEnd: true },
  },
  precondition({ account: { phase }, debtor }) {
    if (phase !== 'closed' && phase !== 'erased') return { refusal: OwnerStays({}) };
    const debt = standingDebt(debtor);
    return debt === undefined ? {} : { refusal: OwnerOwes(debt) };
  },
  refuses: ({ refusal }) => refusal !== undefined,
  outcome: () => 'accepted',
});
