import { overseers } from '#domain/kernel/actor.ts';
import { Forbidden, RejectedError } from '#domain/kernel/rejections.ts';
import type { ResolverContext } from '../resolver-context.ts';
import { authorize, hasRole, signedIn, type Who } from './who.ts';

// What a role shows is noted on the reading, and recorded before the answer leaves (see schema/document.ts).

type Asking = Pick<ResolverContext, 'viewer' | 'insights'>;

/** Whether the one who asks may see the money, the bids and the secrets of others; the answer then shows them. */
export function oversees({ viewer, insights }: Asking): boolean {
  if (!hasRole(viewer.actor, overseers)) return false;
  insights.add('maxima');
  return true;
}

/** @throws RejectedError with `unauthenticated` or `forbidden` */
export function authorizeReading(who: Who, context: Asking): void {
  authorize(who, context.viewer);
  if (typeof who === 'string') return;
  const others = who.filter((role) => !overseers.includes(role));
  if (!hasRole(context.viewer.actor, others)) oversees(context);
}

/** Whose things are asked for: one's own unless an overseer names somebody. @throws RejectedError */
export function personAsked(person: string | undefined, context: Asking): string {
  const actor = signedIn(context.viewer);
  if (person === undefined || person === actor.id) return actor.id;
  if (!oversees(context)) throw new RejectedError(Forbidden({ needs: [...overseers] }));
  return person;
}

/** Whether a thing that belongs to one of these people may be shown. */
export const isTheirs = (people: readonly string[], context: Asking): boolean =>
  people.some((person) => person === context.viewer.actor?.id) || oversees(context);
