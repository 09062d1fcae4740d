import { PaymentId } from '../../kernel/ids.ts';
import { rejection } from '../../kernel/message.ts';
import { Currency, MinorUnits } from '../../kernel/money.ts';

export const PaymentUnknown = rejection('payment_unknown', {
  message: 'No payment has this id. The notice was kept for whoever investigates.',
  details: { paymentId: PaymentId },
  status: 404,
});
export const PaymentDiffers = rejection('payment_differs', {
  message: 'The notice does not agree with the payment in kind, amount or currency. It was kept.',
  details: { paymentId: PaymentId, amount: MinorUnits, currency: Currency },
});
export const PaymentOver = rejection('payment_over', {
  message:
    'The payment had come in. If it went back, that is a notice of its own: this one moved nothing, and was kept.',
  details: { paymentId: PaymentId },
});
