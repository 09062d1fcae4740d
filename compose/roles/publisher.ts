import { prefixOf } from '#runtime/engine-address.ts';
import { healthOf } from '../health.ts';
import { publish } from '../publisher.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Tells the topics of the bus what has happened. A bus that is away is a problem of this role: nobody else waits for it. */
export async function publisherRole({ engines, config }: Surroundings): Promise<RunningRole> {
  const { consume, leave } = engines.workOf('publisher');
  const consumer = await publish({ ...engines, consume }, prefixOf(config.bus));
  return {
    consumers: () => [consumer.status()],
    health: () => ({ publisher: healthOf([consumer.status()]) }),
    caughtUp: consumer.reachedHere,
    async stop() {
      await leave();
      await consumer.stop();
    },
  };
}
