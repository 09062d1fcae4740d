import { accountOperations } from '#write-side/accounts/http/operations.ts';
import { accountRoutes } from '#write-side/accounts/http/routes.ts';
import { tokenOperations } from '#write-side/identity/development-issuer.ts';
import { pagesElsewhere, pagesOf } from '../account-pages.ts';
import { commandsFromBus } from '../bus-commands.ts';
import { doorOf } from '../door.ts';
import { healthOfWay } from '../health.ts';
import { noticesOf, type Payments } from '../payments.ts';
import { providerPart } from '../provider.ts';
import { writeSide } from '../write-side.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Decides commands: REST, the bus, the payment provider's webhooks, tokens of development. */
export async function writeSideRole(
  surroundings: Surroundings,
  payments: Payments | undefined,
): Promise<RunningRole & Required<Pick<RunningRole, 'decides'>>> {
  const { engines, config, log, authenticate, addressOf, perPerson, quotas } = surroundings;
  const notices = payments?.notices ?? noticesOf(config);
  const { pipeline, routers, noticesUnread } = writeSide(engines, {
    log,
    notices,
    addressOf,
    perPerson,
    quotas,
  });
  let publicUrl = config.publicUrl ?? '';
  const { door, known, sealing, appoint, close } = await doorOf(engines, {
    config,
    log,
    pipeline,
    publicUrl: () => publicUrl,
  });
  const { perPerson: perPersonQuota } = quotas;
  const { jwksUrl, issuer } = config.tokens;
  const issuerElsewhere = jwksUrl === undefined ? undefined : issuer;
  const accounts = accountRoutes({
    ...{ door, known, authenticate, addressOf, perPerson, perPersonQuota, issuerElsewhere },
  });
  const { status, stop } = commandsFromBus(surroundings, pipeline.dispatch);
  const surrounded = { house: config.house, sealing, log, addressOf, publicUrl: () => publicUrl };
  const pages = surroundings.accountPages ?? pagesOf(engines, { door, ...surrounded });
  const provider = providerPart(surroundings, pipeline, known, pages);
  const elsewhere =
    issuerElsewhere === undefined ? [] : [pagesElsewhere(engines, surrounded, issuerElsewhere)];
  return {
    decides: pipeline.dispatch,
    routers: [...provider.routers, ...elsewhere, ...routers, accounts],
    served: [...accountOperations, ...provider.served],
    engines: provider.engines,
    consumers: provider.consumers,
    development: config.devTokens ? tokenOperations : [],
    health: () => ({
      'write-side': { ready: !pipeline.status().draining },
      'bus-commands': healthOfWay(status().problem),
    }),
    measured: { pipeline: () => pipeline.status(), noticesUnread, busCommands: status },
    opened(at) {
      publicUrl = at.publicUrl;
      provider.opened(at);
      void appoint();
    },
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
      await close();
    },
  };
}
