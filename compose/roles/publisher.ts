import { prefixOf } from '#runtime/engine-address.ts';
import { healthOf } from '../health.ts';
import { publish } from '../publisher.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Tells the topics of the bus what has happened. A bus that is away is a problem of this role: nobody else waits for it. */
export async function publisherRole({ engines, config }: Surroundings): Promise<RunningRole> {
  const { bus } = engines;
  const consumer = await publish(engines, prefixOf(config.bus));
  return {
    engines: [{ name: 'bus', standing: () => bus.standing() }],
    consumers: () => [consumer.status()],
    health: () => ({ publisher: healthOf([consumer.status()]) }),
    stop: consumer.stop,
  };
}
