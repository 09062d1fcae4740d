import type { Facts } from '../../kernel/decider.ts';
import type { PersonId } from '../../kernel/ids.ts';
import type { EventOf } from '../../kernel/message.ts';
import type { Currency } from '../../kernel/money.ts';
import { availableOf, clearingOf, moved } from '../posting.ts';
import { MoneyLeftBehind } from './messages.ts';
import type { Wallet } from './state.ts';

/** What a closed wallet has is out of its owner's reach: it goes where all goes that a closed wallet cannot take. */
export function leftBehind(
  { person, currency }: { readonly person: PersonId; readonly currency: Currency },
  { phase, available, held }: Wallet,
  { id }: Pick<Facts, 'id'>,
): readonly EventOf<typeof MoneyLeftBehind>[] {
  if (phase !== 'closed' || available === 0n) return [];
  return [
    MoneyLeftBehind({
      ...{ person, currency, amount: available, movement: id },
      postings: moved(availableOf(person, currency), clearingOf(id, currency), available),
      balance: { available: 0n, held },
    }),
  ];
}
