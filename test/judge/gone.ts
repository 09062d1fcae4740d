import { type Complain, type Json, list, type RawEvent, type Rules, text } from './raw.ts';

/** From this version on it is noted by the seller that a lot is offered. */
const NOTED = 4;

/** At rest, a person is known to sell exactly what is promised to an auction that has not let go of it. */
function selling() {
  /** By auction and lot: whose it is. */
  const offered = new Map<string, string>();
  const soldIn = new Map<string, string>();
  const noted = new Map<string, string>();
  const over = new Set<string>();
  const nameOf = ({ auctionId, lotId }: Json): string => `${auctionId} ${lotId}`;
  return {
    see({ type, data, metadata }: RawEvent): void {
      if (type === 'LotOffered' && Number(metadata.version) >= NOTED)
        offered.set(nameOf(data), text(data.seller));
      else if (type === 'LotReturned') offered.delete(nameOf(data));
      else if (type === 'LotSold') soldIn.set(text(data.auctionId), nameOf(data));
      else if (type === 'LotSettled' || type === 'SettlementStopped')
        offered.delete(soldIn.get(text(data.auctionId)) ?? '');
      else if (type === 'SellingEnded') {
        over.add(nameOf(data));
        noted.delete(nameOf(data));
      } else if (type === 'SellingBegun' && !over.has(nameOf(data)))
        noted.set(nameOf(data), text(data.person));
    },
    atRest(complain: Complain): void {
      for (const [sale, person] of offered)
        if (noted.get(sale) !== person) complain(`${sale} is being sold, and ${person} is not known to sell`);
      for (const [sale, person] of noted)
        if (!offered.has(sale)) complain(`${person} is kept by ${sale}, which is over`);
    },
  };
}

/**
 * What the house owes goes past the wallets of its owner only where none can ever take it: they have left before, all of it goes at once,
 * it stands outside, and somebody else of the house has said so.
 */
export function gone(): Rules {
  const sellers = selling();
  /** Whose account is closed or erased. */
  const left = new Set<string>();

  function discharge({ data, metadata }: RawEvent, complain: Complain): void {
    const { person, how, currency, amount, balance } = data;
    if (!left.has(text(person))) complain(`${person} has not left, and is owed no more`);
    if (metadata.actor === person) complain('somebody has discharged what is owed to themselves');
    if (balance !== '0') complain(`of what was owed ${JSON.stringify(balance)} are left`);
    const outside = list(data.postings).find(({ account }) => account === `outside:${how}:${currency}`);
    if (outside?.amount !== amount) complain(`${amount} do not stand outside as ${how}`);
  }

  return {
    see(event, complain) {
      sellers.see(event);
      const { type, data } = event;
      if (type === 'AccountClosed' || type === 'PersonErased') left.add(text(data.person));
      else if (type === 'UnclaimedDischarged') discharge(event, complain);
    },
    atRest: sellers.atRest,
  };
}
