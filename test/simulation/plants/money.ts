import { type Plant, plant } from '#test/support/plant.ts';

// Of whose money it is.

export const moneyPlants: readonly Plant[] = [
  {
    name: 'fact-from-outside-dropped',
    story: 'A bank takes back what it has paid in, and nobody writes it down, because the payment was over.',
    sow: () =>
      plant(
        () => import('#domain/wallets/payment/notices.ts'),
        'follow',
        (follow) => (known, notice, id) =>
          notice.outcome === 'top_up_charged_back' ? [] : follow(known, notice, id),
      ),
  },
  {
    name: 'debtor-money-leaves',
    story: 'A wallet whose person owes does not look at the debt before it lets money go.',
    async sow() {
      const debts = () => import('#domain/wallets/wallet/debts.ts');
      await plant(debts, 'payingDebts', () => (decide) => decide as never);
      await plant(
        debts,
        'whyKept',
        (whyKept) => (wallet, currency, precondition) =>
          whyKept({ ...wallet, owed: 0n }, currency, precondition),
      );
    },
  },
  {
    name: 'own-affair-not-asked',
    story: 'Whoever has a token of staff decides about their own money and their own lot.',
    sow: () =>
      plant(
        () => import('#domain/kernel/own-affair.ts'),
        'ownAffair',
        () => () => undefined,
      ),
  },
  {
    name: 'money-without-owner',
    story: 'What no wallet can take is kept by the house, as nobody’s.',
    async sow() {
      const { CreditPlatform } = await import('#domain/wallets/platform/messages.ts');
      const { CreditRefused } = await import('#domain/wallets/wallet/messages.ts');
      const { isRecorded } = await import('#domain/kernel/reaction.ts');
      await plant(
        () => import('#sagas/wallets/unclaimed.ts'),
        'unclaimedMoney',
        (unclaimedMoney) => ({
          ...unclaimedMoney,
          on(event, trail) {
            const intents = unclaimedMoney.on(event, trail);
            if (!isRecorded(event, CreditRefused) || intents.length === 0) return intents;
            const { currency, amount, movement } = event.data;
            const kept = { currency, amount, movement, reason: 'sale_proceeds' as const };
            return [{ command: CreditPlatform({ ...kept, account: 'unallocated' }) }];
          },
        }),
      );
    },
  },
];
