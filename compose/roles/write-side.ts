import { tokenOperations } from '#write-side/identity/development-issuer.ts';
import { commandsFromBus } from '../bus-commands.ts';
import { healthOfWay } from '../health.ts';
import { noticesOf, type Payments } from '../payments.ts';
import { providerPart } from '../provider.ts';
import { writeSide } from '../write-side.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Decides commands: REST, the bus, the payment provider's webhooks, tokens of development. */
export function writeSideRole(
  surroundings: Surroundings,
  payments: Payments | undefined,
): RunningRole & Required<Pick<RunningRole, 'decides'>> {
  const { engines, config, log, addressOf, perPerson, quotas } = surroundings;
  const notices = payments?.notices ?? noticesOf(config);
  const { pipeline, routers, noticesUnread } = writeSide(engines, {
    log,
    notices,
    addressOf,
    perPerson,
    quotas,
  });
  const { status, stop } = commandsFromBus(surroundings, pipeline.dispatch);
  const provider = providerPart(surroundings, pipeline);
  return {
    decides: pipeline.dispatch,
    routers: [...provider.routers, ...routers],
    engines: provider.engines,
    consumers: provider.consumers,
    opened: provider.opened,
    development: config.devTokens ? tokenOperations : [],
    health: () => ({
      'write-side': { ready: !pipeline.status().draining },
      'bus-commands': healthOfWay(status().problem),
    }),
    measured: { pipeline: () => pipeline.status(), noticesUnread, busCommands: status },
    async finish() {
      // What has come from the bus is decided before nothing is taken any more.
      await stop();
      await pipeline.drain();
    },
    // Whoever sends from within has sent its last by then.
    async stop() {
      await stop();
      await provider.stop();
      await pipeline.drain();
    },
  };
}
