import type { Actor, Role } from '#domain/kernel/actor.ts';
import { Forbidden, RejectedError, Unauthenticated } from '#domain/kernel/rejections.ts';
import type { Viewer } from '../viewer.ts';

/** Who may ask: anyone at all, everyone who has signed in, or whoever has one of these roles. */
export type Who = 'anyone' | 'member' | readonly Role[];

/**
 * Of whose things an operation tells: of what is nobody's in particular, or of one's own, and to some roles of anybody's. What stands in
 * `besides` is everybody's among such things.
 */
export type Whose = 'anybody' | { readonly and: readonly Role[]; readonly besides?: string };

/** The one who asks. @throws RejectedError with `unauthenticated` when nobody has signed in. */
export function signedIn(viewer: Viewer): Actor {
  if (viewer.actor === undefined) throw new RejectedError(Unauthenticated({}));
  return viewer.actor;
}

export const hasRole = (actor: Actor | undefined, roles: readonly Role[]): boolean =>
  actor?.roles.some((role) => roles.includes(role)) ?? false;

/** @throws RejectedError with `unauthenticated` or `forbidden` */
export function authorize(who: Who, viewer: Viewer): void {
  if (who === 'anyone') return;
  const actor = signedIn(viewer);
  if (who !== 'member' && !hasRole(actor, who)) throw new RejectedError(Forbidden({ needs: [...who] }));
}

/** As the schema's description says it. */
export function sayWho(who: Who): string {
  if (who === 'anyone') return 'Open to anyone.';
  if (who === 'member') return 'For everyone who has signed in.';
  return `For ${who.join(', ')}.`;
}
