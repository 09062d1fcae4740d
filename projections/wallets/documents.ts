import { z } from 'zod';
import { PositionText } from '#domain/kernel/envelope.ts';
import { MovementId, PaymentId, PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { capability } from '#domain/kernel/message.ts';
import { Currency, MinorUnits, PositiveMinorUnits, SignedSum, Sum } from '#domain/kernel/money.ts';
import { PaymentNotice, ProviderName } from '#domain/kernel/ports/payments.ts';
import { CaseReference, ClaimId, HoldId } from '#domain/wallets/ids.ts';
import { NoticeResolution, WaitingId, WholeNotice } from '#domain/wallets/notice/messages.ts';
import { Discharge, UnclaimedReason } from '#domain/wallets/unclaimed/messages.ts';
import { HoldPurpose, WriteOffCause } from '#domain/wallets/wallet/messages.ts';

// What the wallets' views hold. Amounts are minor units: bigint in a fold, decimal strings where they are stored.

/** `<person>:<currency>`. */
export const WalletDocument = z
  .object({
    id: z.string(),
    person: PersonId,
    currency: Currency,
    status: z.enum(['open', 'closed']),
    available: Sum,
    held: Sum,
    /** What its person owes in this currency; while it stands, nothing leaves any of their wallets. */
    owed: Sum,
    openedAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Wallet', description: 'A wallet of one person in one currency.' });
export type WalletDocument = z.output<typeof WalletDocument>;

/** `<person>:<currency>:<holdId>`. */
export const HoldDocument = z
  .object({
    id: z.string(),
    /** `<person>:<currency>`. */
    wallet: z.string(),
    person: PersonId,
    currency: Currency,
    holdId: HoldId,
    purpose: HoldPurpose,
    /** `resting`: no claim is open, and a new one may come. */
    status: z.enum(['open', 'resting', 'captured', 'released']),
    held: MinorUnits,
    expiresAt: Instant.optional(),
    updatedAt: Instant,
  })
  .meta({ id: 'Hold', description: 'Money held in a wallet for one purpose.' });
export type HoldDocument = z.output<typeof HoldDocument>;

/** `<stream>@<revision>` of the event that made the entry. */
export const StatementEntry = z
  .object({
    id: z.string(),
    /** `<person>:<currency>`. */
    wallet: z.string(),
    person: PersonId,
    currency: Currency,
    kind: z.enum([
      'transfer_sent',
      'left_behind',
      'reserved',
      'claim_ended',
      'captured',
      'released',
      'credited',
      /** What came, and the wallet could not take: it went back, or is owed to the person. */
      'credit_refused',
      /** What went back outside is taken back: owed, and paid by an entry of its own out of what is available. */
      'debt_incurred',
      'debt_paid',
      'debt_written_off',
      /** What came of a payment whose debt the house had given up, and makes up for that. */
      'loss_recovered',
    ]),
    /** What the entry is about, in whatever way it changes the sides. */
    amount: Sum,
    /** By how much each side changed, and what the person owes. */
    availableChange: SignedSum,
    heldChange: SignedSum,
    owedChange: SignedSum,
    /**
     * The running balance after this entry. Absent where the event is of a version that did not say it, and changed neither: then it
     * is that of the entry before.
     */
    available: Sum.optional(),
    held: Sum.optional(),
    /** What is owed after an entry that changed it. */
    owed: Sum.optional(),
    /** Why: the purpose of a hold, the reason of a release or a credit, the cause for which the house gave something up. */
    why: z.string(),
    /** Of what the house gave up: where it has more about it, and what it wrote before there were words for it. */
    reference: CaseReference.optional(),
    whyInPlain: z.string().optional(),
    /** Why a wallet did not take it, this one or that of a transfer that came back, as a code of the catalogue. */
    because: z.string().optional(),
    counterparty: PersonId.optional(),
    movement: MovementId.optional(),
    /** The payment by which it came or went back. */
    paymentId: PaymentId.optional(),
    holdId: HoldId.optional(),
    claimId: ClaimId.optional(),
    revision: z.int().min(0),
    /** Of the event in the history, as a decimal string: a statement at any position ends with the last entry at or below it. */
    position: PositionText,
    recordedAt: Instant,
  })
  .meta({
    id: 'StatementEntry',
    description: 'One line of a wallet’s statement, with the balance after it.',
  });
export type StatementEntry = z.output<typeof StatementEntry>;

const Arrival = z
  .object({
    /**
     * `debt` where the wallet could not take it and it paid what its person owes; `unclaimed` where it is owed to them; `loss` where it
     * makes up for what the house had given up of this payment.
     */
    to: z.enum(['wallet', 'debt', 'unclaimed', 'loss']),
    amount: Sum,
  })
  .meta({ id: 'Arrival', description: 'Where money of a payment has arrived, and how much of it.' });

/** The payment's id. */
const Reversal = z
  .object({
    outcome: PaymentNotice.shape.outcome,
    amount: PositiveMinorUnits,
    why: z.string().optional(),
    toldAt: Instant,
  })
  .meta({
    id: 'PaymentReversal',
    description: 'Money of a payment that went back, or came back to us, as the provider tells it.',
  });

export const PaymentDocument = z
  .object({
    id: PaymentId,
    person: PersonId,
    direction: z.enum(['in', 'out']),
    amount: PositiveMinorUnits,
    currency: Currency,
    status: z.enum([
      'initiated',
      'requires_action',
      'confirmed',
      'failed',
      'expired',
      'submitted',
      'paid',
      'settled',
    ]),
    provider: ProviderName.optional(),
    /** Where the person confirms it; only while that is needed, and only for the person. */
    actionUrl: capability(z.url().optional(), { owner: 'person' }),
    expiresAt: Instant.optional(),
    why: z.string().optional(),
    /** Where the money of a payment in has arrived so far, whose parts may come at different times: each place once. */
    creditedTo: z.array(Arrival).max(4),
    /** What has come in or was paid out, and what of it went back, as the provider has told. */
    moved: Sum,
    reversed: Sum,
    /** What the provider has said of money that went back, or is with us again: the last 20 times. */
    reversals: z.array(Reversal).max(20),
    /**
     * What is said to have gone back and is beyond what is known to have moved, so that it is not booked; below zero, what is
     * said to be with us again and had not gone.
     */
    unmatched: SignedSum,
    /** Notices of the provider that did not fit. */
    refusedNotices: z.int().min(0),
    startedAt: Instant,
    /** Of its beginning. */
    position: PositionText,
    updatedAt: Instant,
  })
  .meta({ id: 'Payment', description: 'A payment at the provider, in or out.' });
export type PaymentDocument = z.output<typeof PaymentDocument>;

/** `<person>:<currency>`. */
export const UnclaimedDocument = z
  .object({
    id: z.string(),
    person: PersonId,
    currency: Currency,
    /** What is owed now; zero when all of it has been paid out or given out. */
    balance: Sum,
    /** What it came from last, and by which movement. */
    lastReason: UnclaimedReason,
    lastMovement: MovementId,
    /** How the house has given out all of it behind its owner's leaving, and under which number it keeps to whom; not said where more has come since. */
    discharged: Discharge.optional(),
    reference: CaseReference.optional(),
    updatedAt: Instant,
  })
  .meta({
    id: 'UnclaimedMoney',
    description:
      'Money of a person that no wallet of theirs could take: the house owes it to them until they open a wallet or claim it.',
  });
export type UnclaimedDocument = z.output<typeof UnclaimedDocument>;

export const NoticeDocument = z
  .object({
    id: WaitingId,
    provider: ProviderName,
    status: z.enum(['waiting', 'handled']),
    /** The code of the rejection that it met, `invalid` where it could not be read, `unmatched` for a return of what has not moved. */
    why: z.string(),
    body: z.string(),
    /** Where the body is only the beginning. */
    whole: WholeNotice.optional(),
    /** What became of it, where somebody of the house has more about it, and what they wrote before there were words for it. */
    resolution: NoticeResolution.optional(),
    reference: CaseReference.optional(),
    noteInPlain: z.string().optional(),
    receivedAt: Instant,
    /** Of its coming. */
    position: PositionText,
    updatedAt: Instant,
  })
  .meta({
    id: 'WaitingNotice',
    description: 'A signed notice of a payment provider that nothing could follow.',
  });
export type NoticeDocument = z.output<typeof NoticeDocument>;

/** `<person>:<currency>`. */
export const DebtDocument = z
  .object({
    id: z.string(),
    person: PersonId,
    currency: Currency,
    owed: Sum,
    /** What the house gave up of it in all, and has not got back since. */
    lost: Sum,
    /** Why the house gave up what was owed last, and where it has more about it; before there were words for it, as it was written. */
    writtenOff: WriteOffCause.optional(),
    writtenOffReference: CaseReference.optional(),
    writtenOffInPlain: z.string().optional(),
    updatedAt: Instant,
  })
  .meta({ id: 'Debt', description: 'What a person owes the house in one currency.' });
export type DebtDocument = z.output<typeof DebtDocument>;

/** The account as it stands in postings: `platform:fees:USD`, `provider:simulated:USD`. */
export const PlatformAccountDocument = z
  .object({
    id: z.string(),
    owner: z.enum(['platform', 'provider', 'outside']),
    account: z.string(),
    currency: Currency,
    /** A provider's is negative by what it holds for us; one outside is what the house has given out past every provider. */
    balance: SignedSum,
    entries: z.int().min(1),
    updatedAt: Instant,
  })
  .meta({
    id: 'PlatformAccountBalance',
    description: 'The balance of an account of the house or a provider.',
  });
export type PlatformAccountDocument = z.output<typeof PlatformAccountDocument>;

/** The currency. */
export const LedgerDocument = z
  .object({
    id: Currency,
    /** In all wallets: what can be spent, and what is held. */
    available: SignedSum,
    held: SignedSum,
    /** Owed to people, because no wallet could take it. */
    unclaimed: SignedSum,
    /** Negative by what people owe. */
    receivable: SignedSum,
    /** On its way between accounts, over all movements. */
    clearing: SignedSum,
    /** What the house has earned. */
    platform: SignedSum,
    /** Negative by what the payment providers hold for us. */
    providers: SignedSum,
    /** What the house has given out by itself, past every provider. */
    outside: SignedSum,
    /** All of the above together: zero, or money was made or lost. */
    total: SignedSum,
    /** Events that moved money. */
    entries: z.int().min(1),
    updatedAt: Instant,
  })
  .meta({
    id: 'Ledger',
    description: 'All money of one currency by kind of account, as the sum of every posting.',
  });
export type LedgerDocument = z.output<typeof LedgerDocument>;

/** `<movement>:<currency>`. */
export const ClearingDocument = z
  .object({
    id: z.string(),
    movement: MovementId,
    currency: Currency,
    /** What is on its way; zero at the movement's end, never below. */
    balance: SignedSum,
    /** All that has ever gone in. */
    total: Sum,
    /** Whether the balance has ever been below zero, which would be an error of ours. */
    overdrawn: z.boolean(),
    startedAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Clearing', description: 'Money of one movement that is on its way between accounts.' });
export type ClearingDocument = z.output<typeof ClearingDocument>;

/** `<stream>@<revision>` of the event that kept it. */
export const RefusedNoticeDocument = z
  .object({
    noticeId: PaymentNotice.shape.noticeId,
    paymentId: PaymentId,
    provider: ProviderName,
    outcome: PaymentNotice.shape.outcome,
    amount: PositiveMinorUnits,
    currency: Currency,
    /** Why nothing was done: a code of the catalogue, and its sentence. */
    code: z.string(),
    why: z.string(),
    position: PositionText,
    recordedAt: Instant,
  })
  .meta({
    id: 'RefusedNotice',
    description: 'A genuine notice of a payment provider that was kept and moved nothing.',
  });
export type RefusedNoticeDocument = z.output<typeof RefusedNoticeDocument>;
