/** What one wallet may come to. A state of this size stays small enough to keep as a snapshot. */
export const walletLimits = {
  /** Available, held and on its way in by payments together, in minor units: sums of many wallets still fit where one amount fits. */
  balance: 1_000_000_000_000_000n,
  /** Payments into it that are under way at the same time. */
  topUps: 1_000,
  openHolds: 1_000,
  /** Holds on which nothing is held any more, at hand beside the open ones; behind them they are kept in a table. */
  endedHolds: 1_000,
  /** Claims of one hold, those that have ended included. */
  claimsPerHold: 10_000,
  /** After this a payment into the wallet that the provider has not been asked for is given up, in milliseconds: a day. */
  topUpMs: 24 * 60 * 60 * 1_000,
  /** After this a withdrawal's hold that nobody has committed is released, in milliseconds: a day. */
  withdrawalMs: 24 * 60 * 60 * 1_000,
} as const;
