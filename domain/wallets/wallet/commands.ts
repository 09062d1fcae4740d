import { CurrencyUnknown } from '../../kernel/currencies.ts';
import { NotYet } from '../../kernel/deadline.ts';
import { MovementId, PaymentId, PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, preconditionOf, type RejectionOf } from '../../kernel/message.ts';
import { Currency, PositiveMinorUnits, PositiveSum } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { Erased } from '../../kernel/rejections.ts';
import { stream } from '../../kernel/stream.ts';
import type { Debt } from '../debtor/messages.ts';
import { CaseReference, ClaimId, HoldId } from '../ids.ts';
import { ClaimEnd, CreditReason, HoldPurpose, RefusalCode, ReleaseReason, WriteOffCause } from './events.ts';
import {
  BalanceLimit,
  CaptureExceedsHold,
  ClaimOver,
  CreditOver,
  DebtOutstanding,
  HoldNotExpired,
  HoldOver,
  HoldUnknown,
  InsufficientFunds,
  NothingOwed,
  OtherPurpose,
  OwnerGone,
  OwnWallet,
  PaymentUnderWay,
  TooManyClaims,
  TooManyHolds,
  TooManyPayments,
  WalletNotEmpty,
  WalletNotOpen,
} from './rejections.ts';

/** The streams of wallets: a person has one in each currency. */
export const walletStream = stream(
  'wallet',
  ({ person, currency }: { person: PersonId; currency: Currency }) => `${person}:${currency}`,
);

// From outside, everybody acts on their own wallet and nobody on another's: the stream comes from the one who asks.
const owner = {
  from: ['bidder', 'seller'],
  stream: ({ currency }: { currency: Currency }, actor: { id: PersonId }) =>
    walletStream({ person: actor.id, currency }),
} as const;
const internal = {
  from: 'internal',
  stream: walletStream,
} as const;
const wallet = { person: PersonId, currency: Currency };
/** A debt of the person in whatever currency, which the wallet itself need not know. */
const debtPrecondition = { precondition: preconditionOf<Debt | undefined>() };

export const OpenWallet = command('OpenWallet', {
  ...owner,
  description: 'Opens your wallet in a currency of ISO 4217.',
  data: { currency: Currency },
  rejections: [CurrencyUnknown, Erased, OwnerGone],
  precondition: preconditionOf<RejectionOf<typeof Erased | typeof OwnerGone> | undefined>(),
});
export const CloseWallet = command('CloseWallet', {
  ...owner,
  description: 'Closes your wallet in a currency; it must be empty, and no payment into it under way.',
  data: { currency: Currency },
  rejections: [WalletNotOpen, WalletNotEmpty, PaymentUnderWay, DebtOutstanding],
  ...debtPrecondition,
});
export const RequestTopUp = command('RequestTopUp', {
  ...owner,
  description:
    'Begins a payment into your wallet. The payment tells where to confirm it; only the provider credits it.',
  data: { amount: PositiveMinorUnits, currency: Currency },
  rejections: [WalletNotOpen, CurrencyUnknown, BalanceLimit, TooManyPayments],
});
export const Transfer = command('Transfer', {
  ...owner,
  // Or whoever has a stolen token sends the money to themselves, and steps up there.
  stepUp: true,
  description:
    'Sends money to another person in the same currency. It comes back if their wallet cannot take it.',
  data: { to: PersonId, amount: PositiveMinorUnits, currency: Currency },
  rejections: [WalletNotOpen, OwnWallet, DebtOutstanding, InsufficientFunds],
  ...debtPrecondition,
});
export const Withdraw = command('Withdraw', {
  ...owner,
  stepUp: true,
  description:
    'Pays money out. It is held until the provider has paid it, and released if the provider does not.',
  data: { amount: PositiveMinorUnits, currency: Currency },
  rejections: [WalletNotOpen, DebtOutstanding, InsufficientFunds, TooManyHolds],
  ...debtPrecondition,
});

export const CloseIfGone = command('CloseIfGone', {
  ...internal,
  description:
    'Closes the wallet of whoever has left: their account is closed, or they were forgotten. What is in it is owed to them.',
  data: wallet,
  /** Whether its owner has left. */
  precondition: preconditionOf<boolean>(),
});
export const EndTopUp = command('EndTopUp', {
  ...internal,
  description: 'Waits no longer for a payment into the wallet.',
  data: { ...wallet, paymentId: PaymentId },
});
export const ReserveFunds = command('ReserveFunds', {
  ...internal,
  description:
    'Makes a claim on a hold. Answered once for each claim; a claim that has ended is never made again.',
  data: {
    ...wallet,
    holdId: HoldId,
    claimId: ClaimId,
    amount: PositiveMinorUnits,
    purpose: HoldPurpose,
    expiresAt: Instant.optional(),
  },
  rejections: [
    WalletNotOpen,
    InsufficientFunds,
    TooManyHolds,
    TooManyClaims,
    HoldOver,
    ClaimOver,
    OtherPurpose,
    DebtOutstanding,
  ],
  ...debtPrecondition,
});
export const EndClaim = command('EndClaim', {
  ...internal,
  description: 'Ends one claim. One that was never made is remembered, so that it cannot be made later.',
  data: { ...wallet, holdId: HoldId, claimId: ClaimId, reason: ClaimEnd },
});
export const CommitHold = command('CommitHold', {
  ...internal,
  description:
    'Takes a hold out of reach of its expiry, because what it was made for begins; one whose time is over is over. A withdrawal of whoever owes meanwhile does not begin: its hold is released.',
  data: { ...wallet, holdId: HoldId },
  ...debtPrecondition,
  rejections: [HoldOver, HoldUnknown],
});
export const CaptureHold = command('CaptureHold', {
  ...internal,
  description: 'Moves held money into clearing and releases the rest.',
  data: { ...wallet, holdId: HoldId, amount: PositiveMinorUnits, movement: MovementId },
  rejections: [HoldUnknown, HoldOver, CaptureExceedsHold],
});
export const ReleaseHold = command('ReleaseHold', {
  ...internal,
  description:
    'Releases all that is held. A hold that never was is remembered, so that it cannot be made later.',
  data: { ...wallet, holdId: HoldId, reason: ReleaseReason },
  rejections: [HoldNotExpired, NotYet],
});
export const CreditWallet = command('CreditWallet', {
  ...internal,
  description:
    'Moves money of a movement out of clearing into the wallet, once for each reason. What comes of a payment whose debt was written off makes up for that first.',
  data: {
    ...wallet,
    amount: PositiveSum,
    movement: MovementId,
    reason: CreditReason,
    from: PersonId.optional(),
    because: RefusalCode.optional(),
    /** Of which payment it is a part, where the movement is another. */
    paymentId: PaymentId.optional(),
  },
  rejections: [WalletNotOpen, BalanceLimit, CreditOver],
});

export const IncurDebt = command('IncurDebt', {
  ...internal,
  description:
    'Takes back what went back outside: out of what is available, and the rest is owed. Once for each movement.',
  data: { ...wallet, amount: PositiveMinorUnits, movement: MovementId, paymentId: PaymentId.optional() },
});
export const WriteOffDebt = command('WriteOffDebt', {
  description:
    'Gives up what another person owes in a currency; the house bears the loss, and has what comes back of the same payments later.',
  from: ['auctioneer', 'clerk'],
  data: { ...wallet, cause: WriteOffCause, reference: CaseReference.optional() },
  stream: internal.stream,
  rejections: [OwnAffair, NothingOwed],
});

export const commands = [
  OpenWallet,
  CloseWallet,
  CloseIfGone,
  RequestTopUp,
  Transfer,
  Withdraw,
  EndTopUp,
  ReserveFunds,
  EndClaim,
  CommitHold,
  CaptureHold,
  ReleaseHold,
  CreditWallet,
  IncurDebt,
  WriteOffDebt,
] as const;
