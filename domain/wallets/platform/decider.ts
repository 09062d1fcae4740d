import { decider } from '../../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import { clearingOf, moved, platformAccount } from '../../kernel/posting.ts';
import { PlatformCredited, platformCommands, platformEvents } from './messages.ts';

interface Account {
  /** By movement and reason, all there ever were: a repeat may come however late. */
  readonly credits: IdTable<true>;
}

const creditKey = ({ movement, reason }: { movement: string; reason: string }): string =>
  `${movement} ${reason}`;

/** An account of the house. It only ever takes: each movement and reason once. */
export const platform = decider({
  category: 'platform',
  events: platformEvents,
  commands: platformCommands,
  stateVersion: 2,
  initial: { credits: emptyTable } as Account,
  evolve: ({ credits }, { data }) => ({ credits: withValue(credits, creditKey(data), true) }),
  decide: {
    CreditPlatform(data, { credits }) {
      if (valueIn(credits, creditKey(data)) === true) return [];
      const { account, currency, amount, movement, reason } = data;
      const postings = moved(clearingOf(movement, currency), platformAccount(account, currency), amount);
      return [PlatformCredited({ account, currency, amount, movement, reason, postings })];
    },
  },
});
