import { faultKinds } from './faults.ts';
import type { Outcome } from './run.ts';

/** What has to have happened somewhere in many stories, or they prove nothing about it. */
const TYPES = [
  ...['BidPlaced', 'BidRejected', 'BidAccepted', 'BidRefused', 'BidPassedOver', 'FundsReserved'],
  'FundsRefused',
  ...['ClaimEnded', 'FundsCaptured', 'LotClosing', 'LotSold', 'LotSettled', 'AuctionCancelled'],
  ...['SaleCancelled', 'AuctionCalledOff', 'AuctionCancelled with its sale'],
  ...['LotPassed no_bids', 'LotPassed reserve_not_met', 'LotPassed never_opened'],
  ...['AuctionTurnedAway', 'OwnershipPassed', 'LotReturned', 'TopUpConfirmed', 'TopUpFailed', 'TopUpExpired'],
  ...['PayoutInitiated', 'PayoutFailed', 'PayoutPaid', 'PayoutSettled', 'FundsReleased', 'TransferSent'],
  ...['TransferRefused', 'WithdrawalRefused', 'CreditRefused', 'FundsCredited', 'PlatformCredited'],
  ...[
    'WalletClosed',
    'TopUpEnded',
    'MoneyUnclaimed',
    'UnclaimedPaidOut',
    'TopUpReversed',
    ...(['DebtIncurred', 'DebtWrittenOff', 'TopUpReinstated', 'LossRecovered', 'NoticeHandled'] as const),
    'SagaStepped',
  ],
] as const;

class Tally {
  readonly #counts = new Map<string, number>();

  add(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts))
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  toString(): string {
    return [...this.#counts].map(([name, count]) => `${name} ${count}`).join(', ');
  }
}

/** What many runs have met together. */
export class Coverage {
  readonly #sums = new Tally();
  readonly #faults = new Tally();
  readonly #types = new Tally();

  add({ steps, events, deaths, faults, types }: Outcome): void {
    this.#sums.add({ seeds: 1, steps, events, deaths });
    this.#faults.add(faults);
    this.#types.add(types);
  }

  /** The kinds of faults and of events that no run has met. */
  unmet(): readonly string[] {
    return [
      ...faultKinds.filter((kind) => !this.#faults.has(kind)),
      ...TYPES.filter((type) => !this.#types.has(type)),
    ];
  }

  lines(): readonly string[] {
    return [`${this.#sums}`, `faults: ${this.#faults}`, `events: ${this.#types}`];
  }
}
