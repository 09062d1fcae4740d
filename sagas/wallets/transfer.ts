import { reaction } from '#domain/kernel/reaction.ts';
import { CreditRefused, CreditWallet, TransferSent } from '#domain/wallets/wallet/messages.ts';

/**
 * A transfer between people: the sender's wallet into clearing, then the receiver's credit. If the receiver's wallet
 * cannot take it, the money goes back to the sender, and if theirs is closed by then, it is owed to the sender.
 */
export const transfer = reaction({
  name: 'transfer',
  on: (when) => [
    when(TransferSent, ({ data: { person, to, currency, amount, movement } }) => [
      { command: CreditWallet({ person: to, currency, amount, movement, reason: 'transfer', from: person }) },
    ]),
    when(CreditRefused, ({ data: { person, from, currency, amount, movement, credit, reason } }) => {
      if (credit !== 'transfer' || from === undefined) return [];
      const back = { person: from, from: person, currency, amount, movement, because: reason.code };
      return [{ command: CreditWallet({ ...back, reason: 'transfer_returned' }) }];
    }),
  ],
  key: ({ stream }) => stream,
});
