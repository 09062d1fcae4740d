import type { Dispatch, Position } from '#domain/kernel/envelope.ts';
import type { Consumer, ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PaymentProvider } from '#domain/kernel/ports/payments.ts';
import { forgetting } from '#sagas/accounts/forgetting.ts';
import { type Reactions, startReactions } from '#sagas/runtime/reactions.ts';
import { startSagas } from '#sagas/runtime/sagas.ts';
import { paymentsGateway } from '#sagas/wallets/payments-gateway.ts';
import { reactions, registry, sagas } from './contexts.ts';
import type { Engines } from './engines.ts';

export interface SagasRole {
  readonly status: () => readonly ConsumerStatus[];
  /** Whether everything up to `position` has been reacted to, and all that was sent for it is answered. */
  settled(position: Position, timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** The catch-up consumer of the reactions. */
export const followReactions = (
  { consume, followed, lines }: Engines,
  dispatch: Dispatch,
): Promise<Reactions> =>
  startReactions({
    reactions,
    consume,
    dispatch,
    registry,
    followed,
    lines: lines.lines,
  });

/** The catch-up consumer of the reactions, the sagas, the way out to the payment provider, and the end of the keys of who is forgotten. */
export async function runSagas(
  engines: Engines,
  options: { readonly dispatch: Dispatch; readonly provider: PaymentProvider; readonly log: Log },
): Promise<SagasRole> {
  const { consume, store, readStore, clock, machineClock, newId, personKeys } = engines;
  const { dispatch, provider, log } = options;
  const catchUp = await followReactions(engines, dispatch);
  const running = await startSagas({
    sagas,
    consume,
    store,
    documents: readStore.documents,
    dispatch,
    registry,
    clock,
    pauseClock: machineClock,
    newId,
    log,
  });
  const gateway: Consumer = await consume(
    paymentsGateway({ provider, dispatch, registry, clock, machineClock }),
  );
  const forgets = await consume(forgetting(personKeys));
  return {
    status: () => [...catchUp.status(), ...running.standing(), gateway.status(), forgets.status()],
    async settled(position, timeoutMs) {
      const all = await Promise.all([
        catchUp.reached(position, timeoutMs),
        running.settled(position, timeoutMs),
        gateway.reached(position, timeoutMs),
        forgets.reached(position, timeoutMs),
      ]);
      return all.every((settled) => settled);
    },
    async stop() {
      await Promise.all([catchUp.stop(), gateway.stop(), forgets.stop(), running.stop()]);
    },
  };
}
