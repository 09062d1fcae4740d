import { z } from 'zod';
import { MovementId, PersonId } from '../../kernel/ids.ts';
import { command, event, preconditionOf, type RejectionOf, rejection } from '../../kernel/message.ts';
import { Currency, PositiveMinorUnits, PositiveSum, Sum } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import { CaseReference } from '../ids.ts';
import { laterPart } from '../payment/messages.ts';
import { Postings } from '../posting.ts';
import { word } from '../words.ts';

// Streams `unclaimed-<person>:<currency>`: what the house owes a person because no wallet of theirs could take it. This is
// the permanent storage format.

/**
 * Why money is owed: the reason of the credit that a wallet refused; `returned` is a payout that it refused, `left_behind` what was in one
 * that was closed behind its owner.
 */
export const UnclaimedReason = word(
  'UnclaimedReason',
  'What the unclaimed money was for, for example top_up.',
);
export type UnclaimedReason = z.output<typeof UnclaimedReason>;

const account = { person: PersonId, currency: Currency };
const booked = {
  amount: PositiveSum,
  movement: MovementId,
  postings: Postings,
  /** What is owed to the person after it. */
  balance: Sum,
};

export const MoneyUnclaimed = event('MoneyUnclaimed', {
  version: 1,
  published: { without: ['amount', 'postings', 'balance'] },
  description:
    'Money came out of clearing that no wallet of its owner could take; the house owes it to them.',
  data: { ...account, ...booked, reason: UnclaimedReason, ...laterPart },
});
export const UnclaimedPaidOut = event('UnclaimedPaidOut', {
  version: 1,
  published: { without: ['amount', 'postings', 'balance'] },
  description:
    'Unclaimed money is on its way to a wallet of its owner, by a movement of its own. It comes back if that cannot take it.',
  data: { ...account, ...booked },
});

/** Where money went that can reach no wallet any more: no words about anybody, because what is recorded of money is never erased. */
export const Discharge = z.enum(['paid_to_claimant', 'handed_to_authority', 'seized']).meta({
  id: 'Discharge',
  description:
    'The house has paid it to whoever has proven that it is theirs (the person, or their heirs), has handed it to the authority that keeps unclaimed property, or had to give it to a court or a creditor of its owner.',
});
export const UnclaimedDischarged = event('UnclaimedDischarged', {
  version: 1,
  published: false,
  description:
    'All that the house owed somebody who has left has been given out, past every wallet and provider: it is owed no more.',
  data: {
    ...account,
    amount: PositiveSum,
    how: Discharge,
    /** Where the house keeps to whom it went, and what proved it. */
    reference: CaseReference,
    postings: Postings,
    balance: Sum,
  },
});

export const NothingUnclaimed = rejection('nothing_unclaimed', {
  message: 'So much money is not owed to this person in this currency.',
  details: { unclaimed: Sum, currency: Currency },
});

export const UnclaimedDiffers = rejection('unclaimed_differs', {
  message:
    'All of it is discharged at once, and this is not what is owed now. Look again, with a new command id.',
  details: { unclaimed: Sum, currency: Currency },
});
export const OwnerStays = rejection('owner_stays', {
  message:
    'This person has an account that is neither closed nor erased: what is owed to them goes to a wallet of theirs.',
});
export const OwnerOwes = rejection('owner_owes', {
  message:
    'This person owes the house money, and nothing of theirs leaves it. Collect that, or give it up, first.',
  details: { owed: PositiveSum, currency: Currency },
});

/** The streams of what the house owes: a person has one in each currency. */
export const unclaimedStream = stream(
  'unclaimed',
  ({ person, currency }: { person: PersonId; currency: Currency }) => `${person}:${currency}`,
);

export const ClaimMoney = command('ClaimMoney', {
  description:
    'Moves what the house owes you in a currency into your wallet: all of it, or the amount that you name. What your wallet cannot take, because it is closed or has no room for it, comes back and is owed as before.',
  from: ['bidder', 'seller'],
  data: {
    currency: Currency,
    /** Without it, all. */
    amount: PositiveMinorUnits.optional(),
  },
  stream: ({ currency }, { id }) => unclaimedStream({ person: id, currency }),
  rejections: [NothingUnclaimed],
});
export const PayOutUnclaimed = command('PayOutUnclaimed', {
  description:
    'Moves what the house owes a person in a currency into their wallet. It comes back if the wallet cannot take it.',
  from: ['auctioneer', 'clerk'],
  data: {
    ...account,
    /** Without it, all. */
    amount: PositiveMinorUnits.optional(),
  },
  stream: unclaimedStream,
  rejections: [NothingUnclaimed],
});
/** Why what is owed to this person may not be given out by the house. */
export type DischargePrecondition = { readonly refusal?: RejectionOf<typeof OwnerStays | typeof OwnerOwes> };
export const DischargeUnclaimed = command('DischargeUnclaimed', {
  description:
    'Records that the house has given out, outside of the platform, all that it owed in a currency to somebody who has closed their account or was erased, and whom no wallet can reach any more. Say how much that is: it has to be all that is owed now. Not by whoever it is owed to.',
  from: ['admin'],
  stepUp: true,
  data: { ...account, amount: PositiveSum, how: Discharge, reference: CaseReference },
  stream: unclaimedStream,
  rejections: [OwnAffair, OwnerStays, OwnerOwes, NothingUnclaimed, UnclaimedDiffers],
  precondition: preconditionOf<DischargePrecondition>(),
});
export const KeepUnclaimed = command('KeepUnclaimed', {
  description:
    'Moves money of a movement out of clearing to what is owed to its owner, once for each reason.',
  from: 'internal',
  data: { ...account, amount: PositiveSum, movement: MovementId, reason: UnclaimedReason, ...laterPart },
  stream: unclaimedStream,
});
export const ReleaseUnclaimed = command('ReleaseUnclaimed', {
  description: 'Moves all that is owed to a person into the wallet that they have opened.',
  from: 'internal',
  data: account,
  stream: unclaimedStream,
});

export const events = [MoneyUnclaimed, UnclaimedPaidOut, UnclaimedDischarged] as const;
export const commands = [
  ClaimMoney,
  PayOutUnclaimed,
  DischargeUnclaimed,
  KeepUnclaimed,
  ReleaseUnclaimed,
] as const;
