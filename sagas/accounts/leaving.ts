import { AccountClosed, PersonErased } from '#domain/accounts/account/messages.ts';
import { currencies } from '#domain/kernel/currencies.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import { CloseIfGone, DebtPaid, DebtWrittenOff, WalletOpened } from '#domain/wallets/wallet/messages.ts';

/**
 * A wallet that is opened while its owner leaves: each is decided before the other is recorded, so that both look once more behind their
 * own. There is no list of wallets that could not be behind: all that somebody could have are asked, once in their life. One that owes is
 * asked again when it owes no more.
 */
export const leaving = reaction({
  name: 'leaving',
  on: (when) => [
    when(AccountClosed, PersonErased, ({ data: { person } }) =>
      [...currencies.keys()].map((currency) => ({
        command: CloseIfGone({ person, currency }),
        purpose: currency,
      })),
    ),
    when(WalletOpened, DebtPaid, DebtWrittenOff, ({ data: { person, currency } }) => [
      { command: CloseIfGone({ person, currency }) },
    ]),
  ],
  key: ({ data }) => data.person,
});
