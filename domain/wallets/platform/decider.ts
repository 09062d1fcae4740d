import { decider } from '../../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { clearingOf, moved, platformAccount } from '../posting.ts';
import { commands, events, PlatformCredited, platformStream, UnallocatedAssigned } from './messages.ts';

interface Account {
  /**
   * By movement and reason, all there ever were: a repeat may come however late. Of what was kept as `unallocated`, whether it
   * is still there or its owner has it.
   */
  readonly credits: IdTable<'here' | 'assigned'>;
}

const creditKey = ({ movement, reason }: { movement: string; reason: string }): string =>
  `${movement} ${reason}`;

/**
 * An account of the house: each movement and reason credits it once. Only what is somebody's ever leaves it. Nothing is decided
 * by its balance, so that each movement may have a stream of its own.
 */
export const platform = decider({
  stream: platformStream,
  events,
  commands,
  stateVersion: 3,
  initial: { credits: emptyTable } as Account,
  evolve({ credits }, event) {
    const key = creditKey(event.data);
    switch (event.type) {
      case 'PlatformCredited':
        return { credits: withValue(credits, key, 'here') };
      case 'UnallocatedAssigned':
        return { credits: withValue(credits, key, 'assigned') };
      default:
        return unreachable(event);
    }
  },
  decide: {
    CreditPlatform(data, { credits }) {
      // What has its owner already never comes here: it went from clearing to them.
      if (valueIn(credits, creditKey(data)) !== undefined) return [];
      const { account, currency, amount, movement, reason } = data;
      const postings = moved(clearingOf(movement, currency), platformAccount(account, currency), amount);
      return [PlatformCredited({ account, currency, amount, movement, reason, postings })];
    },
    AssignUnallocated(data, { credits }) {
      const { person, currency, amount, movement, reason } = data;
      const where = valueIn(credits, creditKey(data));
      if (where === 'assigned') return [];
      const postings =
        where === 'here'
          ? moved(platformAccount('unallocated', currency), clearingOf(movement, currency), amount)
          : [];
      return [UnallocatedAssigned({ person, currency, amount, movement, reason, postings })];
    },
  },
});
