import { type Complain, type Json, momentOf, type RawEvent, type Rules, text } from './raw.ts';

type Check = (event: RawEvent, complain: Complain) => void;

const isSystem = ({ metadata: { roles } }: RawEvent): boolean =>
  Array.isArray(roles) && roles.includes('system');

/**
 * Deadlines are moments, whatever timers did: what a person does counts before them, by the moment of the decision that
 * recorded it; what a timer does is decided at or behind them; and what could not begin in its time never begins.
 */
export function deadlines(): Rules {
  /** By auction: its terms as last said. */
  const auctions = new Map<string, Json>();
  /** By payment, until when it may begin, and then until when its page is of use; by hold, until when it may be committed. */
  const expiries = new Map<string, string>();
  /** Payments that have begun and were shown no page: the provider alone knows until when theirs was of use. */
  const pageless = new Set<string>();

  /** The deadline is the first moment that is too late. */
  const isOver = (auctionId: unknown, event: RawEvent): boolean =>
    momentOf(event) >= text(auctions.get(text(auctionId))?.endsAt);
  const hasExpired = (id: unknown, event: RawEvent): boolean =>
    momentOf(event) >= (expiries.get(text(id)) ?? '');

  const checks: Readonly<Record<string, Check>> = {
    AuctionScheduled: ({ data }) => void auctions.set(text(data.auctionId), data),
    AuctionOpened(event, complain) {
      const { data } = event;
      auctions.set(text(data.auctionId), data);
      if (isOver(data.auctionId, event)) complain('it is opened behind its end');
      // People may open it earlier.
      if (isSystem(event) && momentOf(event) < text(data.opensAt)) complain('it is opened before its time');
    },
    BidPlaced(event, complain) {
      const { data } = event;
      if (isOver(data.auctionId, event)) complain('the bid was placed behind the end of the lot');
      if (data.moment !== momentOf(event)) complain('the bid says another moment');
    },
    ParticipantJoined(event, complain) {
      if (isOver(event.data.auctionId, event)) complain('somebody joins behind the end of the lot');
    },
    LotClosing(event, complain) {
      if (!isOver(event.data.auctionId, event)) complain('it is closed before its time');
    },
    LotPassed(event, complain) {
      const { data } = event;
      if (data.cause === 'never_opened' && !isOver(data.auctionId, event))
        complain('there was time left to open it');
    },
    TopUpRequested: ({ data }) => void expiries.set(text(data.paymentId), text(data.expiresAt)),
    TopUpInitiated(event, complain) {
      if (hasExpired(event.data.paymentId, event)) complain('the time to begin was over');
      pageless.add(text(event.data.paymentId));
    },
    TopUpRequiresAction(event, complain) {
      const { data } = event;
      if (hasExpired(data.paymentId, event)) complain('the time to begin was over');
      expiries.set(text(data.paymentId), text(data.expiresAt));
      pageless.delete(text(data.paymentId));
      if (hasExpired(data.paymentId, event)) complain('the time of its page is over');
    },
    TopUpExpired(event, complain) {
      const { paymentId } = event.data;
      if (!pageless.has(text(paymentId)) && !hasExpired(paymentId, event))
        complain('it expires before its time');
    },
    FundsReserved({ data }) {
      if (data.expiresAt !== undefined) expiries.set(text(data.holdId), text(data.expiresAt));
    },
    HoldCommitted(event, complain) {
      const { holdId } = event.data;
      if (expiries.has(text(holdId)) && hasExpired(holdId, event)) complain('the time of the hold was over');
    },
    FundsReleased(event, complain) {
      const { holdId, reason } = event.data;
      if (reason === 'expired' && !hasExpired(holdId, event)) complain('the hold expires before its time');
    },
  };

  return {
    see: (event, complain) => checks[event.type]?.(event, complain),
    atRest: () => undefined,
  };
}
