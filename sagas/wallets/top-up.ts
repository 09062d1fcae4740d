import type { Instant } from '#domain/kernel/instant.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import { type Step, saga } from '#domain/kernel/saga.ts';
import {
  ExpireTopUp,
  InitiateTopUp,
  TopUpConfirmed,
  TopUpExpired,
  TopUpFailed,
  TopUpInitiated,
  TopUpRequiresAction,
} from '#domain/wallets/payment/messages.ts';
import { CreditWallet, EndTopUp, TopUpRequested } from '#domain/wallets/wallet/messages.ts';
import { over } from '../expiry.ts';

/**
 * A payment into a wallet: requested → initiated (the gateway asks the provider) → confirmed by a notice → credited. What a
 * wallet that has been closed meanwhile refuses is owed to the person (see unclaimed.ts).
 */
export const topUp = reaction({
  name: 'top-up',
  on: (when) => [
    when(TopUpRequested, ({ data: { paymentId, person, currency, amount, expiresAt } }) => {
      const payment = { paymentId, person, currency, amount };
      // Of a request without one the command stays as it was when it was first sent, which the payment may remember.
      return [{ command: InitiateTopUp(expiresAt === undefined ? payment : { ...payment, expiresAt }) }];
    }),
    when(TopUpConfirmed, ({ data: { person, currency, amount, movement, paymentId } }) => {
      const credit = { person, currency, amount, movement, reason: 'top_up' } as const;
      // The first part moves under the payment's id. Later ones were sent without it once, under another name.
      return movement === paymentId
        ? [{ command: CreditWallet(credit) }]
        : [{ command: CreditWallet({ ...credit, paymentId }), purpose: 'of payment' }];
    }),
  ],
  key: ({ stream }) => stream,
});

const ended = ({
  data: { person, currency, paymentId },
}: {
  readonly data: { readonly person: string; readonly currency: string; readonly paymentId: string };
}): readonly Intent[] => [{ command: EndTopUp({ person, currency, paymentId }) }];

/** A wallet need not wait for a payment that comes to nothing: it can be closed, and has room for others. */
export const topUpEnd = reaction({
  name: 'top-up-end',
  on: (when) => [when(TopUpFailed, TopUpExpired, ended)],
  key: ({ stream }) => stream,
});

type Waiting = { readonly paymentId: string } | null;

const waiting = (paymentId: string, at: Instant): Step<Waiting, never, 'expiry'> => ({
  state: { paymentId },
  timers: [{ name: 'expiry', at }],
});

/**
 * Ends a payment when its time is over: the time in which it may begin, as long as the provider has not answered; then the
 * time that the provider gives its page. The first payments say no time to begin in; of those the gateway sees to it.
 */
export const topUpExpiry = saga({
  name: 'top-up-expiry',
  version: 1,
  initial: null as Waiting,
  on: (when) => [
    when(TopUpInitiated, (state, { data: { paymentId, expiresAt } }) =>
      state === null && expiresAt !== undefined ? waiting(paymentId, expiresAt) : undefined,
    ),
    when(TopUpRequiresAction, (_, { data: { paymentId, expiresAt } }) => waiting(paymentId, expiresAt)),
    when(TopUpConfirmed, TopUpFailed, TopUpExpired, over),
  ],
  id: ({ data }) => data.paymentId,
  answers: { expire: over },
  timers: {
    expiry: (state) =>
      state === null
        ? undefined
        : { state, sends: [{ command: ExpireTopUp({ paymentId: state.paymentId }), purpose: 'expire' }] },
  },
});
