import type { EventStore } from './event-store.ts';

/**
 * One tail of the whole history for a process: everybody follows it instead of the store. As `EventStore.follow`, but it
 * outlives dropped subscriptions and shares what is recent; a follower that is slow is served from the store.
 */
export interface EventFeed extends Pick<EventStore, 'epoch' | 'follow' | 'head'> {
  close(): Promise<void>;
}
