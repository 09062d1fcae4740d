import type { Acknowledgement, Complain, NamedEvent, RawEvent } from './raw.ts';

/** What is kept of an event, to compare it with what was told of it. */
interface Place {
  readonly eventId: string;
  readonly stream: string;
  readonly revision: number;
}

/** Rejections that speak of the moment, not of the command. */
const PASSING: ReadonlySet<string> = new Set([
  ...['overloaded', 'unavailable', 'contended', 'internal', 'unauthenticated', 'behind'],
  'idempotency_mismatch',
]);

export interface AcknowledgementsOptions {
  /** Every event is seen before any answer that rests on it; otherwise it may be seen until the end. */
  readonly seenFirst: boolean;
}

/** What was told is there, belongs to whom it was told to, and is never taken back. */
export function acknowledgements({ seenFirst }: AcknowledgementsOptions) {
  const places = new Map<bigint, Place>();
  /** By bid: what the history says, and what was told. */
  const decided = new Map<string, 'accepted' | 'rejected'>();
  /** By actor and command: the first final answer that rests on events. */
  const told = new Map<string, { readonly events: string; readonly outcome: string }>();
  /** Promised, and not seen yet. */
  const missing = new Map<
    string,
    { readonly place: Place; readonly position: bigint; readonly to: string }
  >();
  const bidsOf = new Map<string, string>();
  /** What was told of a bid, by the bid's id. */
  const toldOfBids = new Map<string, 'accepted' | 'rejected'>();

  const nameOf = ({ eventId, stream, revision }: Place): string => `${stream}/${revision} ${eventId}`;

  function decide(bidId: unknown, outcome: 'accepted' | 'rejected'): void {
    if (typeof bidId === 'string') decided.set(bidId, outcome);
  }

  function checkThere(
    { actor, commandId }: Acknowledgement,
    { position, ...place }: NamedEvent,
    complain: Complain,
  ): void {
    const there = places.get(position);
    if (there !== undefined) {
      if (nameOf(there) !== nameOf(place)) complain(`${nameOf(place)} was told, ${nameOf(there)} is there`);
      return;
    }
    if (seenFirst) complain(`${nameOf(place)} was told and is not in the history`);
    missing.set(nameOf(place), { place, position, to: `${actor} ${commandId}` });
  }

  /**
   * What wrote something has been decided for good. What wrote nothing may be decided anew: an answer without events may
   * have been given before the one with events, and have come behind it, unless it was asked for only then.
   */
  function checkSame(answer: Acknowledgement, complain: Complain): void {
    const { actor, commandId, outcome, code, events, askedAgain } = answer;
    const name = `${actor} ${commandId}`;
    const before = told.get(name);
    const now = { events: events.map(nameOf).join(', '), outcome };
    if (events.length > 0) told.set(name, now);
    if (before === undefined || (events.length === 0 && askedAgain !== true)) return;
    if (before.events !== now.events || before.outcome !== outcome)
      complain(`told ${before.outcome} (${before.events}), then ${outcome} ${code ?? ''} (${now.events})`);
  }

  function checkBid(bidId: string | undefined, outcome: 'accepted' | 'rejected', complain: Complain): void {
    if (bidId === undefined) return;
    toldOfBids.set(bidId, outcome);
    if (seenFirst && decided.get(bidId) !== outcome)
      complain(`the bid was told ${outcome}, and is ${decided.get(bidId) ?? 'open'}`);
  }

  return {
    see({ eventId, stream, revision, position, type, data }: RawEvent): void {
      const place = { eventId, stream, revision };
      places.set(position, place);
      missing.delete(nameOf(place));
      if (type === 'BidPlaced') bidsOf.set(eventId, String(data.bidId));
      if (type === 'BidAccepted') decide(data.bidId, 'accepted');
      if (type === 'BidRefused') decide(data.bidId, 'rejected');
      if (type === 'FundsRefused') decide(data.claimId, 'rejected');
    },

    take(answer: Acknowledgement, complain: Complain): void {
      const { outcome, code, events, position } = answer;
      for (const event of events) checkThere(answer, event, complain);
      if (seenFirst && position !== undefined && !places.has(position))
        complain(`the answer rests on ${position}, which is not in the history`);
      if (outcome === 'pending' || PASSING.has(code ?? '')) return;
      checkSame(answer, complain);
      for (const { eventId } of events) checkBid(bidsOf.get(eventId), outcome, complain);
    },

    atRest(complain: Complain): void {
      for (const { place, position, to } of missing.values())
        complain(`${to} was told of ${nameOf(place)} at ${position}, which is lost`);
      for (const [bidId, outcome] of toldOfBids)
        if (decided.get(bidId) !== outcome)
          complain(`${bidId} was told ${outcome}, and is ${decided.get(bidId) ?? 'open'}`);
    },
  };
}
