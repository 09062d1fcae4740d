import { z } from 'zod';
import { MovementId, PaymentId, PersonId } from '../../kernel/ids.ts';
import { command, event } from '../../kernel/message.ts';
import { Currency, PositiveMinorUnits, Sum } from '../../kernel/money.ts';
import { stream } from '../../kernel/stream.ts';

// Streams `debtor-<person>`: in which currencies a person owes, for their wallets in the others. A debt is here before it is in
// its wallet. This is the permanent storage format.

/** What keeps money in all wallets of a person. `owed` is in minor units. */
export interface Debt {
  readonly owed: bigint;
  readonly currency: Currency;
}

const whose = { person: PersonId, currency: Currency };
const expected = {
  ...whose,
  amount: PositiveMinorUnits,
  movement: MovementId,
  /** By which payment it went back; not known of the first. */
  paymentId: PaymentId.optional(),
};
const told = {
  ...whose,
  owed: Sum,
  /** Which change of the debt in that wallet it is. */
  nth: z.int().min(1),
  /** The one that was expected, with its first report. */
  movement: MovementId.optional(),
};

export const DebtExpected = event('DebtExpected', {
  version: 1,
  published: false,
  description:
    'Money went back outside that a wallet of the person has to give: until that has said what it can, all of it is owed.',
  data: expected,
});
export const DebtNoted = event('DebtNoted', {
  version: 1,
  published: false,
  description: 'What a person owes in one currency; zero when it is paid or written off.',
  data: told,
});
/** The streams of who owes. */
export const debtorStream = stream('debtor', ({ person }: { person: PersonId }) => person);

export const ExpectDebt = command('ExpectDebt', {
  description: 'Tells all wallets of a person of what one of them is about to owe. Once for each movement.',
  from: 'internal',
  data: expected,
  stream: debtorStream,
});
export const NoteDebt = command('NoteDebt', {
  description: 'Tells all wallets of a person what they owe in one of them.',
  from: 'internal',
  data: told,
  stream: debtorStream,
});

export const events = [DebtExpected, DebtNoted] as const;
export const commands = [ExpectDebt, NoteDebt] as const;
