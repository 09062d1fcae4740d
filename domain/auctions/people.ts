import { type Actor, overseers } from '../kernel/actor.ts';

/** Auctioneers and clerks: they arrange sales and auctions for others, and bid in none. */
export const isStaff = ({ roles }: Pick<Actor, 'roles'>): boolean =>
  roles.includes('auctioneer') || roles.includes('clerk');

/** Whose token says that they bid in no auction: staff, and whoever may see what bidders may not. */
export const mayNotBid = (actor: Pick<Actor, 'roles'>): boolean =>
  isStaff(actor) || actor.roles.some((role) => overseers.includes(role));
