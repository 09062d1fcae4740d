import type { Role } from '#domain/kernel/actor.ts';
import { Forbidden, Rejected } from '#domain/kernel/rejections.ts';
import type { Viewer } from '../house.ts';
import { hasRole, signedIn } from './who.ts';

/** Who may look at the money and the bids of somebody else. */
export const overseers: readonly Role[] = ['auditor', 'investigator'];

/** Whose things are asked for: one's own unless an overseer names somebody. @throws Rejected */
export function personAsked(person: string | undefined, viewer: Viewer): string {
  const actor = signedIn(viewer);
  if (person === undefined || person === actor.id) return actor.id;
  if (!hasRole(actor, overseers)) throw new Rejected(Forbidden({ needs: [...overseers] }));
  return person;
}

/** Whether a thing that belongs to `person` may be shown. */
export const isTheirs = (person: string, viewer: Viewer): boolean =>
  viewer.actor?.id === person || hasRole(viewer.actor, overseers);
