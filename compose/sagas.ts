import type { Dispatch, Position } from '#domain/kernel/envelope.ts';
import type { Consumer, ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PaymentProvider } from '#domain/kernel/ports/payments.ts';
import { type TryingOptions, untilItWorks } from '#runtime/pause.ts';
import { eraseAgain, forgetAgain, forgetting } from '#sagas/accounts/forgetting.ts';
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

/** Between two tries to look up who is forgotten, in milliseconds. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Has the history and the keys agree on who is forgotten, where one of them was brought back from a backup that is older than an erasure.
 * Resolves when they do, or at the signal.
 */
async function agreeOnForgotten(
  { store, personKeys, newId, machineClock }: Engines,
  { dispatch, log }: { readonly dispatch: Dispatch; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const trying = (problem: string): TryingOptions => ({
    ...{ clock: machineClock, signal, firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS },
    failed(error, failures) {
      if (failures === 1) log.warn({ err: error }, problem);
    },
  });
  const keys = await untilItWorks(
    () => forgetAgain({ store, personKeys, signal }),
    trying('who is forgotten could not be looked up'),
  );
  if (keys) log.warn({ keys }, 'keys of people who are forgotten were there again, and are destroyed');
  let [people, logins] = [0, 0];
  const erased = (): void => {
    people += 1;
  };
  const freed = (): void => {
    logins += 1;
  };
  await untilItWorks(
    () => eraseAgain({ store, personKeys, dispatch, newId, signal, erased, freed }),
    trying('whose keys are destroyed could not be forgotten in the history'),
  );
  if (people > 0)
    log.warn(
      { people },
      'keys of people are destroyed of whose erasure the history did not know, which is older than that; it is recorded again, and what money it has as theirs is owed to them by their id',
    );
  if (logins > 0)
    log.warn(
      { logins },
      'logins were taken for people whose keys are destroyed, and of whom the history, which is older than their erasure, has no account: they are free again',
    );
}

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
  const stopping = new AbortController();
  const { signal } = stopping;
  const again = agreeOnForgotten(engines, { dispatch, log }, signal);
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
      stopping.abort();
      await Promise.all([again, catchUp.stop(), gateway.stop(), forgets.stop(), running.stop()]);
    },
  };
}
