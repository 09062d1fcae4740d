import type { Context } from '../kernel/registry.ts';
import { debtorCommands, debtorEvents } from './debtor/messages.ts';
import { noticeCommands, noticeEvents } from './notice/messages.ts';
import { paymentCommands, paymentEvents } from './payment/messages.ts';
import { platformCommands, platformEvents } from './platform/messages.ts';
import { unclaimedCommands, unclaimedEvents } from './unclaimed/messages.ts';
import { walletCommands, walletEvents } from './wallet/messages.ts';

export const wallets: Context = {
  name: 'wallets',
  description:
    'Money: wallets by person and currency, holds, payments in and out, what is owed to people, the accounts of the house.',
  events: [
    ...walletEvents,
    ...paymentEvents,
    ...platformEvents,
    ...unclaimedEvents,
    ...debtorEvents,
    ...noticeEvents,
  ],
  commands: [
    ...walletCommands,
    ...paymentCommands,
    ...platformCommands,
    ...unclaimedCommands,
    ...debtorCommands,
    ...noticeCommands,
  ],
};
