import { tokenOperations } from '#write-side/identity/development-issuer.ts';
import { noticesOf, type Payments } from '../payments.ts';
import { writeSide } from '../write-side.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Decides commands: REST, the payment provider's webhooks, tokens of development. */
export function writeSideRole(
  { engines, config, log, addressOf, perPerson }: Surroundings,
  payments: Payments | undefined,
): RunningRole & Required<Pick<RunningRole, 'decides'>> {
  const notices = payments?.notices ?? noticesOf(config);
  const { pipeline, routers, noticesUnread } = writeSide(engines, { log, notices, addressOf, perPerson });
  return {
    decides: pipeline.dispatch,
    routers,
    development: config.devTokens ? tokenOperations : [],
    health: () => ({ 'write-side': { ready: !pipeline.status().draining } }),
    measured: { pipeline: () => pipeline.status(), noticesUnread },
    finish: pipeline.drain,
    // Whoever sends from within has sent its last by then.
    stop: pipeline.drain,
  };
}
