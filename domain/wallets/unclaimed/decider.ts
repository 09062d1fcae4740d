import { decider, type Facts } from '../../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { MovementId, PersonId } from '../../kernel/ids.ts';
import type { CommandData } from '../../kernel/message.ts';
import type { Currency } from '../../kernel/money.ts';
import { ownAffair } from '../../kernel/own-affair.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { clearingOf, moved, outsideAccount, unclaimedOf } from '../posting.ts';
import {
  commands,
  type DischargePrecondition,
  type DischargeUnclaimed,
  events,
  MoneyUnclaimed,
  NothingUnclaimed,
  UnclaimedDiffers,
  UnclaimedDischarged,
  UnclaimedPaidOut,
  unclaimedStream,
} from './messages.ts';

interface Owed {
  /** Minor units. */
  readonly balance: bigint;
  /** Every movement and reason that money has come by: a repeat is met however late it comes. */
  readonly kept: IdTable<true>;
}

const keyOf = ({ movement, reason }: { movement: string; reason: string }): string => `${movement} ${reason}`;

interface Payout {
  readonly person: PersonId;
  readonly currency: Currency;
  readonly amount?: bigint | undefined;
}

function payOut({ person, currency, amount }: Payout, { balance }: Owed, movement: MovementId) {
  const wanted = amount ?? balance;
  if (wanted === 0n || wanted > balance) return NothingUnclaimed({ unclaimed: balance, currency });
  return [
    UnclaimedPaidOut({
      ...{ person, currency, amount: wanted, movement },
      postings: moved(unclaimedOf(person, currency), clearingOf(movement, currency), wanted),
      balance: balance - wanted,
    }),
  ];
}

/**
 * All of it or nothing: whoever has read an amount, and paid it, learns here if another part came or went meanwhile. Nothing comes back
 * of it, because no wallet and no provider had it.
 */
function discharge(
  { person, currency, amount, how, reference }: CommandData<typeof DischargeUnclaimed>,
  { balance }: Owed,
  { actor, precondition: { refusal } }: Facts<DischargePrecondition>,
) {
  const why = ownAffair(actor, person) ?? refusal;
  if (why !== undefined) return why;
  if (balance === 0n) return NothingUnclaimed({ unclaimed: balance, currency });
  if (amount !== balance) return UnclaimedDiffers({ unclaimed: balance, currency });
  return [
    UnclaimedDischarged({
      ...{ person, currency, amount, how, reference, balance: 0n },
      postings: moved(unclaimedOf(person, currency), outsideAccount(how, currency), amount),
    }),
  ];
}

/**
 * What the house owes one person in one currency: a payable of its own, never netted with another person's. It leaves for a wallet of
 * that person, and what such a wallet refuses comes back here; or, of somebody who has left, for the world outside.
 */
export const unclaimed = decider({
  stream: unclaimedStream,
  events,
  commands,
  stateVersion: 1,
  initial: { balance: 0n, kept: emptyTable } as Owed,
  evolve(owed, event) {
    switch (event.type) {
      case 'MoneyUnclaimed':
        return { balance: event.data.balance, kept: withValue(owed.kept, keyOf(event.data), true) };
      case 'UnclaimedPaidOut':
      case 'UnclaimedDischarged':
        return { ...owed, balance: event.data.balance };
      default:
        return unreachable(event);
    }
  },
  decide: {
    ClaimMoney: ({ currency, amount }, owed, { actor, id }) =>
      payOut({ person: actor.id, currency, amount }, owed, id),
    PayOutUnclaimed: (wanted, owed, { id }) => payOut(wanted, owed, id),
    DischargeUnclaimed: discharge,
    KeepUnclaimed(data, { balance, kept }) {
      if (valueIn(kept, keyOf(data)) === true) return [];
      const { person, currency, amount, movement, reason, paymentId } = data;
      return [
        MoneyUnclaimed({
          ...{ person, currency, amount, movement, reason },
          ...(paymentId !== undefined && { paymentId }),
          postings: moved(clearingOf(movement, currency), unclaimedOf(person, currency), amount),
          balance: balance + amount,
        }),
      ];
    },
    ReleaseUnclaimed(data, owed, { id }) {
      const decided = payOut(data, owed, id);
      return 'rejected' in decided ? [] : decided;
    },
  },
});
