import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Chain } from './chain.ts';

/** What of the newest chains is remembered; an older one is followed once more, which changes nothing. */
const REMEMBERED_CHAINS = 20_000;

/**
 * The chains that this process follows or has followed to their end. The write side and the catch-up consumer meet the same events;
 * where both run in one process, the second need not send again what the first has the answers to. Only knowledge of this
 * process counts, so a restart forgets it and the catch-up consumer does its work.
 */
export interface FollowedChains {
  /** All reactions to the event are being followed. */
  follow(event: RecordedEvent, chain: Promise<Chain>): void;
  /** Whether they were followed to the end: every command has its answer. False also when nothing is known. */
  toTheEnd(event: RecordedEvent): Promise<boolean>;
}

export function followedChains(): FollowedChains {
  /** By event id, the oldest first. */
  const known = new Map<string, Promise<boolean>>();
  return {
    follow({ eventId }, chain) {
      const whole = chain.then(
        ({ unanswered }) => unanswered === undefined,
        () => false,
      );
      known.set(eventId, whole);
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED_CHAINS) break;
        known.delete(oldest);
      }
    },
    toTheEnd: ({ eventId }) => known.get(eventId) ?? Promise.resolve(false),
  };
}
