import { z } from 'zod';
import { MovementId, PaymentId, PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { event, onceInPlain, refusalShape } from '../../kernel/message.ts';
import { Currency, MinorUnits, PositiveMinorUnits, PositiveSum, Sum } from '../../kernel/money.ts';
import { CaseReference, ClaimId, HoldId } from '../ids.ts';
import { laterPart } from '../payment/messages.ts';
import { Postings } from '../posting.ts';
import { word } from '../words.ts';

// Streams `wallet-<person>:<currency>`. This is the permanent storage format.
//
// What a wallet has, holds or owes does not leave for the topics, nor anything from which it could be worked out: what is held for a bid
// tells its maximum. All that has come in and gone out is there, by the payments, transfers and sales; whoever knew besides what is
// available, once, or that it is all gone (which is when somebody owes), would know what is held.

/** What a hold is for: `withdrawal` here, and words of others. */
export const HoldPurpose = word('HoldPurpose', 'What funds are held for, for example bid or withdrawal.');
export type HoldPurpose = z.output<typeof HoldPurpose>;

/** Why a claim ended. */
export const ClaimEnd = word('ClaimEnd', 'Why a claim on held funds ended, for example outbid.');

/** Why a whole hold was released: `expired`, `payout_failed`, `debt_outstanding` here, and words of others. */
export const ReleaseReason = word('ReleaseReason', 'Why a hold was released, for example expired.');

/**
 * Why a wallet is credited: `top_up`, `transfer`, `transfer_returned`, `unclaimed`, `payout_returned`, `reinstated` here, and words
 * of others.
 */
export const CreditReason = word('CreditReason', 'Why a wallet was credited, for example top_up.');
export type CreditReason = z.output<typeof CreditReason>;

/** What a wallet holds after an event, so that a statement has its running balance from the event itself. */
export const Balance = z
  .object({ available: Sum, held: Sum })
  .meta({ id: 'Balance', description: 'What can be spent and what is held for something, in minor units.' });
export type Balance = z.output<typeof Balance>;

const wallet = { person: PersonId, currency: Currency };
const booked = { postings: Postings, balance: Balance };
/** Beside what changes neither side of the wallet. The versions before did not say it. */
const standing = { balance: Balance.optional() };

export const WalletOpened = event('WalletOpened', {
  version: 1,
  description: 'A person has a wallet in this currency, for the first time or again.',
  data: wallet,
});
export const WalletClosed = event('WalletClosed', {
  version: 1,
  description: 'The empty wallet is closed; nothing can be credited until it is opened again.',
  data: wallet,
});
export const MoneyLeftBehind = event('MoneyLeftBehind', {
  version: 1,
  published: { without: ['postings', 'balance', 'amount'] },
  description:
    'The wallet was closed behind its owner, who has left: what was in it waits in clearing, and is owed to them.',
  data: { ...wallet, ...booked, amount: PositiveSum, movement: MovementId },
});
export const TopUpRequested = event('TopUpRequested', {
  version: 1,
  published: true,
  description: 'The person wants to pay in; the payment begins under the id given here.',
  data: {
    ...wallet,
    paymentId: PaymentId,
    amount: PositiveMinorUnits,
    /** Until when it may begin at the provider. Not known of the first. */
    expiresAt: Instant.optional(),
  },
});
export const TopUpEnded = event('TopUpEnded', {
  version: 1,
  description:
    'Nothing came of a payment into the wallet, which waits for it no longer. Money that comes all the same counts.',
  data: { ...wallet, paymentId: PaymentId },
});
export const TransferSent = event('TransferSent', {
  version: 1,
  published: { without: ['postings', 'balance'] },
  description: 'Money has left the wallet and waits in clearing for the receiver.',
  data: { ...wallet, ...booked, to: PersonId, movement: MovementId, amount: PositiveMinorUnits },
});
export const TransferRefused = event('TransferRefused', {
  version: 1,
  description: 'A transfer was refused; nothing moved.',
  refusal: true,
  data: { ...wallet, to: PersonId, amount: PositiveMinorUnits, ...refusalShape },
});
export const WithdrawalRefused = event('WithdrawalRefused', {
  version: 1,
  description: 'A withdrawal was refused; nothing is held for it.',
  refusal: true,
  data: { ...wallet, amount: PositiveMinorUnits, ...refusalShape },
});
export const FundsReserved = event('FundsReserved', {
  version: 1,
  published: { without: ['postings', 'balance', 'amount', 'held'] },
  description:
    'A claim is open. The hold is the largest of its open claims, so that only the difference has moved from available.',
  data: {
    ...wallet,
    ...booked,
    holdId: HoldId,
    claimId: ClaimId,
    purpose: HoldPurpose,
    /** Of the claim. */
    amount: PositiveMinorUnits,
    /** Of the whole hold after it. */
    held: PositiveMinorUnits,
    expiresAt: Instant.optional(),
  },
});
export const FundsRefused = event('FundsRefused', {
  version: 1,
  description: 'A claim was refused and is never made later; nothing moved.',
  refusal: true,
  data: {
    ...wallet,
    holdId: HoldId,
    claimId: ClaimId,
    purpose: HoldPurpose,
    amount: PositiveMinorUnits,
    ...refusalShape,
  },
});
export const ClaimEnded = event('ClaimEnded', {
  version: 1,
  published: { without: ['postings', 'balance', 'released', 'held', 'reason'] },
  description:
    'A claim is over, and what the remaining ones do not need is available again. With the last of them the hold ends.',
  data: {
    ...wallet,
    ...booked,
    holdId: HoldId,
    claimId: ClaimId,
    reason: ClaimEnd,
    /** What came back to available; zero when another claim needs it, or when the claim was never made. */
    released: MinorUnits,
    /** Of the whole hold after it. */
    held: MinorUnits,
    /** Whether it was the hold's last open claim: nothing is held any more. */
    holdEnded: z.boolean(),
  },
});
export const HoldCommitted = event('HoldCommitted', {
  version: 1,
  published: { without: ['held'] },
  description: 'What the hold was made for is under way: it no longer expires by time.',
  data: { ...wallet, holdId: HoldId, purpose: HoldPurpose, held: PositiveMinorUnits },
});
export const FundsCaptured = event('FundsCaptured', {
  version: 1,
  published: { without: ['postings', 'balance', 'amount', 'released'] },
  description:
    'Held money went into clearing, the rest is available again, and the hold is over with all its claims.',
  data: {
    ...wallet,
    ...booked,
    holdId: HoldId,
    purpose: HoldPurpose,
    amount: PositiveMinorUnits,
    released: MinorUnits,
    movement: MovementId,
  },
});
export const FundsReleased = event('FundsReleased', {
  version: 2,
  published: { without: ['postings', 'balance', 'amount', 'reason'] },
  description: 'All that was held is available again, and the hold is over with all its claims.',
  data: { ...wallet, ...booked, holdId: HoldId, amount: MinorUnits, reason: ReleaseReason },
  // A reason more.
  upcasts: { 1: (data) => data },
});
/** A code of the catalogue, perhaps of another version of it. */
export const RefusalCode = z.string().regex(/^[a-z_]{1,64}$/);
export const FundsCredited = event('FundsCredited', {
  version: 1,
  published: { without: ['postings', 'balance', 'amount'] },
  description: 'Money came out of clearing into the wallet.',
  data: {
    ...wallet,
    ...booked,
    amount: PositiveSum,
    movement: MovementId,
    reason: CreditReason,
    /** Who it comes from, where that is a person. */
    from: PersonId.optional(),
    /** Of what comes back: the code of the rejection that the other wallet gave. */
    because: RefusalCode.optional(),
    ...laterPart,
  },
});
export const CreditRefused = event('CreditRefused', {
  version: 3,
  description:
    'The wallet cannot take the money: it waits in clearing, goes back to whoever sent it, or is owed to the person.',
  refusal: true,
  data: {
    ...wallet,
    amount: PositiveSum,
    movement: MovementId,
    /** What the credit was for; `reason` says why not. */
    credit: CreditReason,
    from: PersonId.optional(),
    ...laterPart,
    /** As what it is kept if it cannot go back: owed to its owner; in histories of before, nobody’s until it is assigned. */
    keptAs: z.enum(['unclaimed', 'unallocated']),
    ...standing,
    ...refusalShape,
  },
  upcasts: { 1: (data) => ({ ...data, keptAs: 'unallocated' }), 2: (data) => data },
});

/** What is owed after it; and which change of the debt it is, counted in the wallet, so that a late report is known as one. */
const debt = { owed: Sum, nth: z.int().min(1) };
/** By which payment it is owed; not known of the first. */
const ofPayment = PaymentId.optional();
const Credit = z.object({ movement: MovementId, reason: CreditReason, ...laterPart });

export const DebtIncurred = event('DebtIncurred', {
  version: 2,
  published: false,
  description:
    'Money went back outside that the wallet has to give: the person owes it, less what is available at once.',
  data: {
    ...wallet,
    ...standing,
    ...debt,
    amount: PositiveMinorUnits,
    movement: MovementId,
    paymentId: ofPayment,
  },
  upcasts: { 1: (data) => data },
});
export const DebtPaid = event('DebtPaid', {
  version: 1,
  published: false,
  description:
    'What was available, or came for a wallet that could not take it, paid a debt of the person in this currency.',
  data: {
    ...wallet,
    ...booked,
    ...debt,
    amount: PositiveSum,
    /** The credit that paid it out of clearing; without it, it was paid out of what is available. */
    credit: Credit.optional(),
    /** Whose debt it pays before others: that of the payment by which the money came. */
    paymentId: ofPayment,
  },
});
/** Why the house gives up what somebody owes: no words about them, because what is recorded of money is never erased. */
export const WriteOffCause = z
  .enum(['uncollectable', 'too_small', 'time_barred', 'disputed', 'goodwill', 'mistake'])
  .meta({
    id: 'WriteOffCause',
    description:
      'It cannot be collected, is not worth collecting, can be demanded no longer, or is disputed; or the house lets it be, or has made a mistake.',
  });

export const DebtWrittenOff = event('DebtWrittenOff', {
  version: 3,
  published: false,
  description: 'The house gives up what the person owes, and bears the loss.',
  data: {
    ...{ ...wallet, ...standing, ...debt, amount: PositiveSum, postings: Postings },
    cause: WriteOffCause.optional(),
    reference: CaseReference.optional(),
    /** The versions before have a text instead. */
    causeInPlain: z.string().optional(),
  },
  upcasts: { 1: (data) => data, 2: onceInPlain('cause') },
});
export const LossRecovered = event('LossRecovered', {
  version: 2,
  published: false,
  description:
    'Money came back of a payment whose debt the house had given up: out of clearing, it makes up for that loss before the person gets any of it.',
  data: {
    ...wallet,
    ...standing,
    amount: PositiveSum,
    paymentId: PaymentId,
    credit: Credit,
    postings: Postings,
  },
  upcasts: { 1: (data) => data },
});

export const events = [
  WalletOpened,
  WalletClosed,
  MoneyLeftBehind,
  TopUpRequested,
  TopUpEnded,
  TransferSent,
  TransferRefused,
  WithdrawalRefused,
  FundsReserved,
  FundsRefused,
  ClaimEnded,
  HoldCommitted,
  FundsCaptured,
  FundsReleased,
  FundsCredited,
  CreditRefused,
  DebtIncurred,
  DebtPaid,
  DebtWrittenOff,
  LossRecovered,
] as const;
