import type { Actor } from '../kernel/actor.ts';

/** Auctioneers and clerks: they arrange sales and auctions for others, and bid in none. */
export const isStaff = ({ roles }: Pick<Actor, 'roles'>): boolean =>
  roles.includes('auctioneer') || roles.includes('clerk');
