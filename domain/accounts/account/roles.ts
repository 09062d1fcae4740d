import { overseers } from '../../kernel/actor.ts';
import type { GrantableRole } from './messages.ts';

const forTheHouse: readonly GrantableRole[] = ['auctioneer', 'clerk', 'admin'];
const forThemselves: readonly GrantableRole[] = ['bidder', 'seller'];

/** Whether it is one of a person's own: nobody has it who is not one. */
export const isForThemselves = (role: GrantableRole): boolean => forThemselves.includes(role);

/** Who acts for the house, or sees what others do not, does not act for themselves besides. */
const isApart = (role: GrantableRole): boolean => forTheHouse.includes(role) || overseers.includes(role);

/** Whether nobody may have both. */
export const isConflict = (one: GrantableRole, other: GrantableRole): boolean =>
  (isApart(one) && isForThemselves(other)) || (isApart(other) && isForThemselves(one));
