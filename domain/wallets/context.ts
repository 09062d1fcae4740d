import type { Context } from '../kernel/registry.ts';
import * as debtor from './debtor/messages.ts';
import * as notice from './notice/messages.ts';
import * as payment from './payment/messages.ts';
import * as platform from './platform/messages.ts';
import * as unclaimed from './unclaimed/messages.ts';
import * as wallet from './wallet/messages.ts';

export const wallets: Context = {
  name: 'wallets',
  description:
    'Money: wallets by person and currency, holds, payments in and out, what is owed to people, the accounts of the house.',
  events: [
    ...wallet.events,
    ...payment.events,
    ...platform.events,
    ...unclaimed.events,
    ...debtor.events,
    ...notice.events,
  ],
  commands: [
    ...wallet.commands,
    ...payment.commands,
    ...platform.commands,
    ...unclaimed.commands,
    ...debtor.commands,
    ...notice.commands,
  ],
};
