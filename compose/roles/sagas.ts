import type { Dispatch } from '#domain/kernel/envelope.ts';
import { registry } from '../contexts.ts';
import { developmentPayments, paymentOperations } from '../development-payments.ts';
import { remindOfPayouts } from '../forgotten-payments.ts';
import { healthOf } from '../health.ts';
import { type Payments, payments } from '../payments.ts';
import { offered } from '../production.ts';
import { runSagas } from '../sagas.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** The simulated provider lives where it is asked from. It is named for what it is: there is no other yet. */
export function paymentsPart({ engines, config }: Surroundings): RunningRole & Payments {
  const paying = payments(engines, config);
  const { notices: asked } = offered(config);
  return {
    ...paying,
    routers: [...paying.routers, ...(asked ? [developmentPayments(paying.provider)] : [])],
    development: asked ? paymentOperations : [],
    health: () => ({ payments: { ready: true, detail: 'simulated: no money moves' } }),
    stop: paying.close,
  };
}

/** Reacts to what is recorded: reactions met again, sagas with their timers, and the way out to the payment provider. */
export async function sagasRole(
  { engines, log }: Surroundings,
  { dispatch, provider }: { readonly dispatch: Dispatch } & Pick<Payments, 'provider'>,
): Promise<RunningRole> {
  const { store, readStore } = engines;
  await remindOfPayouts({ store, consumers: readStore.consumers, registry, provider, log });
  const { consume, leave } = engines.workOf('sagas');
  const { status, settled, stop } = await runSagas({ ...engines, consume }, { dispatch, provider, log });
  return {
    consumers: status,
    health: () => ({ sagas: healthOf(status()) }),
    settled,
    async stop() {
      await leave();
      await stop();
    },
  };
}
