import type { BusError } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';

/** How Kafka is doing, by what it answered to whoever asked for something. */
export function standingOf(address: string, clock: Clock) {
  let state: Standing['state'] = 'down';
  let lastError: Standing['lastError'];
  return {
    answered(): void {
      state = 'up';
    },
    /** A no to one topic or record is an answer too. */
    failed({ code, message }: BusError): void {
      state = code === 'unavailable' || code === 'refused' ? 'down' : 'up';
      if (code !== 'closed') lastError = { message, at: clock.now() };
    },
    closed(): void {
      state = 'down';
    },
    standing: (): Standing => ({ address, state, ...(lastError && { lastError }) }),
  };
}
export type KafkaStanding = ReturnType<typeof standingOf>;
