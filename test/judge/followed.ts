import type { RawHistory } from './database.ts';
import type { Follows, Told } from './log.ts';
import type { Complain, RawEvent } from './raw.ts';
import { positionIn } from './tokens.ts';

// What followers were told against the history: intervals meet, nothing is left out, nothing comes twice.

interface Interval extends Told {
  readonly from: bigint;
  readonly to: bigint;
}

/** The intervals of one feed; each begins where the one before it ended, whatever died in between. */
function intervalsOf(told: readonly Told[], epoch: string, complain: Complain): readonly Interval[] {
  const intervals: Interval[] = [];
  for (const item of told) {
    const from = positionIn(epoch, item.after);
    const to = positionIn(epoch, item.position);
    if (from === undefined || to === undefined) {
      complain(`an item says nothing of this history: ${item.after}, ${item.position}`);
      continue;
    }
    const before = intervals.at(-1)?.to;
    if (before !== undefined && from !== before) complain(`(${from}, ${to}] follows ${before}`);
    if (to <= from) complain(`(${from}, ${to}] is no interval`);
    intervals.push({ ...item, from, to });
  }
  return intervals;
}

/** One by one, none joined. */
function judgeEvents(
  intervals: readonly Interval[],
  matching: readonly RawEvent[],
  complain: Complain,
): void {
  const start = intervals[0]?.from ?? 0n;
  const expected = matching.filter(({ position }) => position > start);
  const told = intervals.filter(({ eventId }) => eventId !== undefined);
  expected.forEach(({ eventId, position, type }, at) => {
    const item = told[at];
    if (item === undefined) complain(`${type} at ${position} was never told`);
    else if (item.eventId !== eventId || item.to !== position)
      complain(`${type} at ${position} was to come, ${item.eventId} at ${item.to} came`);
  });
  if (told.length > expected.length)
    complain(`${told.length - expected.length} events were told that are not there`);
}

/** What is recorded in an auction's stream and leaves everything that others may see of it as it was. */
const UNSEEN: readonly string[] = ['AuctionRefused', 'BidRefused', 'SettlementStopped'];

/** Each state as it was at the end of its interval, the last one included. */
function judgeStates(intervals: readonly Interval[], own: readonly RawEvent[], complain: Complain): void {
  for (const { to, bids } of intervals) {
    if (!own.some(({ position }) => position === to)) complain(`nothing happened at ${to}`);
    const accepted = own.filter(({ type, position }) => type === 'BidAccepted' && position <= to).length;
    if (bids !== accepted) complain(`told of ${bids} bids at ${to}, there were ${accepted}`);
  }
  // A bid that lost the race against the hammer is refused behind it, and is no news of the auction.
  const last = own.findLast(({ type }) => !UNSEEN.includes(type))?.position;
  const told = intervals.at(-1)?.to;
  if (last !== undefined && told !== last)
    complain(`the last state, of ${last}, was never told; ${intervals.length} were, the last of ${told}`);
}

/** Judges every feed of a log, at rest: what has happened has been told. */
export function judgeFollowed(
  { events, epoch }: RawHistory,
  feeds: readonly Follows[],
  told: readonly Told[],
  complain: Complain,
): void {
  const byFeed = Map.groupBy(told, ({ feed }) => feed);
  for (const { feed, of, streams } of feeds) {
    const about: Complain = (problem) => complain(`the feed ${feed}: ${problem}`);
    const intervals = intervalsOf(byFeed.get(feed) ?? [], epoch, about);
    const matching = events.filter(({ stream }) =>
      streams.some((name) => (of === 'events' ? stream.startsWith(name) : stream === name)),
    );
    if (of === 'events') judgeEvents(intervals, matching, about);
    else judgeStates(intervals, matching, about);
  }
}
