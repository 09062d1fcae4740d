import { Instant } from './instant.ts';
import { type Rejection, rejection } from './message.ts';

// A deadline is a moment, not a timer: it holds however late or early a timer comes, and whatever clock rings it. So acts of
// persons are compared with it by their own moment, and what a timer brings is decided by the clock of whoever decides it.
// Deciders ask here and nowhere else. A proven fact from outside (a provider's notice) has no deadline and never comes here.

export const NotYet = rejection('not_yet', {
  message: 'Its time has not come by the clock of whoever decides it. Nothing was done; it comes again.',
  details: { due: Instant, now: Instant },
});

/**
 * Whether an act of this moment comes too late. The deadline is the first moment that does.
 * @param moment of the act itself: the `now` of the decision that recorded it, not of those that stand on it.
 */
export const isOver = (deadline: Instant, moment: Instant): boolean => moment >= deadline;

/**
 * What a timer brings, decided from its moment on. Before it nothing is: clocks of several processes differ by seconds, and
 * {@link NotYet} is no answer (see `unsettledBy`), so whoever sent it sends it again until its time has come.
 */
export const whenDue = <T>(
  due: Instant,
  now: Instant,
  decide: () => T,
): T | Rejection<'not_yet', { due: Instant; now: Instant }> =>
  isOver(due, now) ? decide() : NotYet({ due, now });
