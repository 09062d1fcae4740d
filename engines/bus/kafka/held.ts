import { BusError } from '#domain/kernel/ports/bus.ts';
import { bounded, LateError } from '../../bounded.ts';
import { type Connecting, hasty, type KafkaClient, kafkaClient } from './client.ts';

const CLOSE_MS = 2_000;

interface Closing {
  disconnect(): Promise<void>;
}

interface Generation<T> {
  readonly client: KafkaClient;
  readonly connected: Promise<T>;
}

/**
 * One producer or admin at a time, connected when it is needed. One that is late is given up with every connection that it has:
 * the driver would go on with what it was asked for, behind whatever another has done since.
 */
export interface Held<T> {
  /** @throws LateError, and whatever the work fails with; the same one is used by the next then unless it is discarded */
  use<R>(work: (it: T) => Promise<R>, longestMs: number): Promise<R>;
  discard(): void;
  close(): Promise<void>;
}

export function held<T extends Closing>(
  options: Connecting,
  connect: (client: KafkaClient) => Promise<T>,
): Held<T> {
  let current: Generation<T> | undefined;
  let closed = false;

  function drop(generation: Generation<T>): void {
    generation.client.end();
    if (current === generation) current = undefined;
  }

  function generation(): Generation<T> {
    if (closed) throw new BusError('closed', `${options.address}: the bus is closed`);
    if (current !== undefined) return current;
    const client = kafkaClient(options, hasty);
    const made: Generation<T> = { client, connected: connect(client) };
    current = made;
    made.connected.catch(() => drop(made));
    return made;
  }

  return {
    async use(work, longestMs) {
      const used = generation();
      try {
        return await bounded(used.connected.then(work), longestMs);
      } catch (error) {
        if (error instanceof LateError) drop(used);
        throw error;
      }
    },
    discard() {
      if (current !== undefined) drop(current);
    },
    async close() {
      closed = true;
      const last = current;
      if (last === undefined) return;
      await bounded(
        last.connected.then((it) => it.disconnect()),
        CLOSE_MS,
      ).catch(() => undefined);
      drop(last);
    },
  };
}
