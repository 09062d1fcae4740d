import type { BusError } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { type Watched, watched } from '../../standing.ts';

/**
 * How Kafka is doing, by what it answers to whoever asks for something. A no to one topic or record is told as the last error, but
 * Kafka is up: whoever names a topic for replies could turn health red otherwise.
 */
export function kafkaStanding(address: string, clock: Clock) {
  const engine = watched(address, clock.now);
  return {
    answered: engine.answered,
    failed(failure: BusError, side: Parameters<Watched['failed']>[1]): void {
      if (failure.code === 'closed') return;
      engine.failed(failure, side);
      if (failure.code === 'no_such_topic' || failure.code === 'too_large') engine.answered(side);
    },
    standing: engine.standing,
  };
}
export type KafkaStanding = ReturnType<typeof kafkaStanding>;
