import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';
import { networkOf } from '#runtime/address.ts';
import { places } from '#runtime/places.ts';
import type { ReadLimits } from '../limits.ts';
import type { Viewer } from '../viewer.ts';

/** How many feeds each address and each person has open. */
export interface FeedGate {
  /** @throws RejectedError with `overloaded`; the result gives the place back, once. */
  enter(viewer: Pick<Viewer, 'actor' | 'origin'>): () => void;
}

export function feedGate(limits: Pick<ReadLimits, 'feedsPerAddress' | 'feedsPerPerson'>): FeedGate {
  const perNetwork = places(limits.feedsPerAddress);
  const perPerson = places(limits.feedsPerPerson);
  return {
    enter({ actor, origin }) {
      const leaveNetwork = perNetwork.take(networkOf(origin.address ?? 'unknown'));
      const leavePerson = actor === undefined ? () => undefined : perPerson.take(actor.id);
      if (leaveNetwork === undefined || leavePerson === undefined) {
        leaveNetwork?.();
        leavePerson?.();
        throw new RejectedError(Overloaded({ retryAfterMs: 5_000 }));
      }
      return () => {
        leaveNetwork();
        leavePerson();
      };
    },
  };
}
