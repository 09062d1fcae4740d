import { type Actor, overseers } from '../kernel/actor.ts';

/** Auctioneers and clerks: they arrange sales and auctions for others, and bid in none. */
export const isStaff = ({ roles }: Pick<Actor, 'roles'>): boolean =>
  roles.includes('auctioneer') || roles.includes('clerk');

/** Whose token says that they bid in no auction: staff, whoever may see what bidders may not, and systems, which are the house's. */
export const mayNotBid = (actor: Pick<Actor, 'roles' | 'keepers'>): boolean =>
  isStaff(actor) || actor.keepers !== undefined || actor.roles.some((role) => overseers.includes(role));
