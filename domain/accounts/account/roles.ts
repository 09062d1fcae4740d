import { overseers } from '../../kernel/actor.ts';
import type { GrantableRole } from './messages.ts';

const forTheHouse: readonly GrantableRole[] = ['auctioneer', 'clerk', 'admin'];
const forThemselves: readonly GrantableRole[] = ['bidder', 'seller'];

/** Who acts for the house, or sees what others do not, does not act for themselves besides. */
const isApart = (role: GrantableRole): boolean => forTheHouse.includes(role) || overseers.includes(role);

/** Whether nobody may have both. */
export const isConflict = (one: GrantableRole, other: GrantableRole): boolean =>
  (isApart(one) && forThemselves.includes(other)) || (isApart(other) && forThemselves.includes(one));
