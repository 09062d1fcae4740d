import { decider } from '../../kernel/decider.ts';
import { clearingOf, moved, platformAccount } from '../../kernel/posting.ts';
import { PlatformCredited, platformCommands, platformEvents } from './messages.ts';

/** How many of the last credits an account knows; a repeat that comes later is met by its command's id. */
const REMEMBERED_CREDITS = 1_000;

interface Account {
  /** By movement and reason, oldest first. */
  readonly credits: readonly string[];
}

const creditKey = ({ movement, reason }: { movement: string; reason: string }): string =>
  `${movement} ${reason}`;

/** An account of the house. It only ever takes: each movement and reason once. */
export const platform = decider({
  category: 'platform',
  events: platformEvents,
  commands: platformCommands,
  stateVersion: 1,
  initial: { credits: [] } as Account,
  evolve: ({ credits }, { data }) => ({
    credits: [...credits.slice(1 - REMEMBERED_CREDITS), creditKey(data)],
  }),
  decide: {
    CreditPlatform(data, { credits }) {
      if (credits.includes(creditKey(data))) return [];
      const { account, currency, amount, movement, reason } = data;
      const postings = moved(clearingOf(movement, currency), platformAccount(account, currency), amount);
      return [PlatformCredited({ account, currency, amount, movement, reason, postings })];
    },
  },
});
