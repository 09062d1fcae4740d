import type { BusError } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { pause } from '#runtime/pause.ts';
import { type Watched, watched } from '../../standing.ts';

/** Between two looks whether it answers, in milliseconds. */
const STEADY_MS = 1_000;

/**
 * How Kafka is doing, by what it answers to whoever asks for something. A no to one topic or record is told as the last error, but
 * Kafka is up: whoever names a topic for replies could turn health red otherwise.
 */
export function kafkaStanding(address: string, clock: Clock) {
  const engine = watched(address, clock.now);
  let heard = false;
  return {
    answered(side?: Parameters<Watched['answered']>[0]): void {
      heard = true;
      engine.answered(side);
    },
    failed(failure: BusError, side: Parameters<Watched['failed']>[1]): void {
      if (failure.code === 'closed') return;
      engine.failed(failure, side);
      if (failure.code === 'no_such_topic' || failure.code === 'too_large') engine.answered(side);
    },
    standing: engine.standing,
    /**
     * Asks at a steady pace, until the result is called, where nobody else was answered meanwhile: a process that has nothing to send
     * would find out by the next that it has. While it is down it is asked on, since nobody else may.
     */
    askOn(ask: () => Promise<void>): () => void {
      const stopped = new AbortController();
      const { signal } = stopped;
      void (async () => {
        while (!signal.aborted) {
          // What comes of it stands in the standing.
          if (!heard || engine.standing().state === 'down') await ask().catch(() => undefined);
          heard = false;
          await pause(clock, STEADY_MS, signal);
        }
      })();
      return () => stopped.abort();
    },
  };
}
export type KafkaStanding = ReturnType<typeof kafkaStanding>;
