import { NotYet } from '../../kernel/deadline.ts';
import { PaymentId } from '../../kernel/ids.ts';
import { command } from '../../kernel/message.ts';
import { PaymentNotice, ProviderAnswer, ProviderName } from '../../kernel/ports/payments.ts';
import { stream } from '../../kernel/stream.ts';
import { PayoutInitiated, TopUpInitiated } from './events.ts';
import { PaymentDiffers, PaymentOver, PaymentUnknown } from './rejections.ts';

/** The streams of payments at the provider. */
export const paymentStream = stream('payment', ({ paymentId }: { paymentId: PaymentId }) => paymentId);

const internal = {
  from: 'internal',
  stream: paymentStream,
} as const;

export const InitiateTopUp = command('InitiateTopUp', {
  ...internal,
  description: 'Begins a payment into a wallet, up to the time until which it may begin.',
  data: TopUpInitiated.schema.shape,
});
export const InitiatePayout = command('InitiatePayout', {
  ...internal,
  description: 'Begins a payment out of a wallet, whose money is held.',
  data: PayoutInitiated.schema.shape,
});
export const RecordProviderAnswer = command('RecordProviderAnswer', {
  ...internal,
  description: 'What the provider answered when it was asked for the payment.',
  data: { paymentId: PaymentId, provider: ProviderName, answer: ProviderAnswer },
  rejections: [PaymentUnknown],
});
export const RecordProviderNotice = command('RecordProviderNotice', {
  ...internal,
  description:
    'A signed notice of the provider: always recorded, and the only thing that makes money come in.',
  data: { ...PaymentNotice.shape, provider: ProviderName },
  rejections: [PaymentUnknown, PaymentDiffers, PaymentOver],
});
export const ExpireTopUp = command('ExpireTopUp', {
  ...internal,
  description:
    'Ends a payment in that the provider did not answer for, or nobody confirmed, in time. What is confirmed later counts all the same.',
  data: { paymentId: PaymentId },
  rejections: [NotYet],
});
export const SettlePayout = command('SettlePayout', {
  ...internal,
  description: 'Books the captured money out of clearing to the provider.',
  data: { paymentId: PaymentId },
  rejections: [PaymentUnknown],
});

export const commands = [
  InitiateTopUp,
  InitiatePayout,
  RecordProviderAnswer,
  RecordProviderNotice,
  ExpireTopUp,
  SettlePayout,
] as const;
