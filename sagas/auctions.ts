import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { bidFunding } from './bid-funding.ts';
import { lotCustody } from './lot-custody.ts';
import { lotOpeningAndClosing } from './lot-opening-and-closing.ts';
import { saleCancellation } from './sale-cancellation.ts';
import { settlement } from './settlement.ts';

export const auctionReactions: readonly Reaction[] = [bidFunding, lotCustody, saleCancellation];
export const auctionSagas: readonly Saga[] = [lotOpeningAndClosing, settlement];
