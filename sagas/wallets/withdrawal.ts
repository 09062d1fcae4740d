import { reaction } from '#domain/kernel/reaction.ts';
import { InitiatePayout, PayoutFailed, PayoutPaid, SettlePayout } from '#domain/wallets/payment/messages.ts';
import {
  CaptureHold,
  CommitHold,
  FundsCaptured,
  FundsReserved,
  HoldCommitted,
  ReleaseHold,
} from '#domain/wallets/wallet/messages.ts';

/**
 * A payment out of a wallet: held → committed, so that it cannot expire under the payout → submitted (the gateway asks
 * the provider) → paid: captured into clearing, and from there to the provider; or failed: released. The hold, the
 * payment and the movement bear the withdrawal's id.
 */
export const withdrawal = reaction({
  name: 'withdrawal',
  on: (when) => [
    when(FundsReserved, ({ data: { person, currency, holdId, purpose } }) =>
      purpose === 'withdrawal' ? [{ command: CommitHold({ person, currency, holdId }) }] : [],
    ),
    when(HoldCommitted, ({ data: { person, currency, holdId, purpose, held } }) =>
      purpose === 'withdrawal'
        ? [{ command: InitiatePayout({ paymentId: holdId, person, currency, amount: held }) }]
        : [],
    ),
    when(PayoutPaid, ({ data: { person, currency, paymentId, amount, movement } }) => [
      { command: CaptureHold({ person, currency, holdId: paymentId, amount, movement }) },
    ]),
    when(PayoutFailed, ({ data: { person, currency, paymentId } }) => [
      { command: ReleaseHold({ person, currency, holdId: paymentId, reason: 'payout_failed' }) },
    ]),
    when(FundsCaptured, ({ data: { holdId, purpose } }) =>
      purpose === 'withdrawal' ? [{ command: SettlePayout({ paymentId: holdId }) }] : [],
    ),
  ],
  key: ({ stream }) => stream,
});
