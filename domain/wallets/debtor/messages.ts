import { z } from 'zod';
import { PersonId } from '../../kernel/ids.ts';
import { command, event } from '../../kernel/message.ts';
import { Currency, MinorUnits } from '../../kernel/money.ts';

// Streams `debtor-<person>`: in which currencies a person owes, for their wallets in the others. This is the permanent
// storage format.

/** What keeps money in all wallets of a person. `owed` is in minor units. */
export interface Debt {
  readonly owed: bigint;
  readonly currency: Currency;
}

const told = {
  person: PersonId,
  currency: Currency,
  owed: MinorUnits,
  /** Which change of the debt in that wallet it is. */
  nth: z.int().min(1),
};

export const DebtNoted = event('DebtNoted', {
  version: 1,
  description: 'What a person owes in one currency; zero when it is paid or written off.',
  data: told,
});
export const NoteDebt = command('NoteDebt', {
  description: 'Tells all wallets of a person what they owe in one of them.',
  from: 'process',
  data: told,
  stream: ({ person }) => `debtor-${person}`,
});

export const debtorEvents = [DebtNoted] as const;
export const debtorCommands = [NoteDebt] as const;
