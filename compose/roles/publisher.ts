import { prefixOf } from '#runtime/engine-address.ts';
import { healthOf } from '../health.ts';
import { publish } from '../publisher.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Tells the topics of the bus what has happened. A bus that is away is a problem of this role: nobody else waits for it. */
export function publisherRole({ engines, config, log }: Surroundings): RunningRole {
  const { consume, leave } = engines.workOf('publisher');
  const atWork = publish({ ...engines, consume, prefix: prefixOf(config.bus), log });
  return {
    consumers: () => [atWork.status()],
    health: () => ({ publisher: healthOf([atWork.status()]) }),
    caughtUp: atWork.reachedHere,
    async stop() {
      await leave();
      await atWork.stop();
    },
  };
}
