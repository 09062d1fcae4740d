import { overseers } from '#domain/kernel/actor.ts';
import { Forbidden, RejectedError } from '#domain/kernel/rejections.ts';
import type { Reading } from '../house.ts';
import { authorize, hasRole, signedIn, type Who } from './who.ts';

// What a role shows is noted on the reading, and recorded before the answer leaves (see schema/document.ts).

type Asking = Pick<Reading, 'viewer' | 'insights'>;

/** Whether the one who asks may see the money, the bids and the secrets of others; the answer then shows them. */
export function oversees({ viewer, insights }: Asking): boolean {
  if (!hasRole(viewer.actor, overseers)) return false;
  insights.add('maxima');
  return true;
}

/** @throws RejectedError with `unauthenticated` or `forbidden` */
export function authorizeReading(who: Who, reading: Asking): void {
  authorize(who, reading.viewer);
  if (typeof who === 'string') return;
  const others = who.filter((role) => !overseers.includes(role));
  if (!hasRole(reading.viewer.actor, others)) oversees(reading);
}

/** Whose things are asked for: one's own unless an overseer names somebody. @throws RejectedError */
export function personAsked(person: string | undefined, reading: Asking): string {
  const actor = signedIn(reading.viewer);
  if (person === undefined || person === actor.id) return actor.id;
  if (!oversees(reading)) throw new RejectedError(Forbidden({ needs: [...overseers] }));
  return person;
}

/** Whether a thing that belongs to one of these people may be shown. */
export const isTheirs = (people: readonly string[], reading: Asking): boolean =>
  people.some((person) => person === reading.viewer.actor?.id) || oversees(reading);
