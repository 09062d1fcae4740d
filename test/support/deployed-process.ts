import { Router } from 'express';
import { registry } from '#compose/contexts.ts';
import type { Engines } from '#compose/engines.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { projections } from '#compose/projections.ts';
import { quotasOf } from '#compose/quotas.ts';
import { runSagas, type SagasRole } from '#compose/sagas.ts';
import { writeSide } from '#compose/write-side.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PaymentProvider, PaymentRequest } from '#domain/kernel/ports/payments.ts';
import { afterwards } from '#engines/afterwards.ts';
import type { SimulatedClock } from '#engines/clock/simulated.ts';
import { systemRandom } from '#engines/random.ts';
import type { RunningViews } from '#projections/runtime/views.ts';
import { turns } from '#runtime/turns.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import { enginesOver } from './engines.ts';
import { type Lifeline, lifeline } from './lifeline.ts';
import { told } from './told.ts';
// One process of the platform, which begins and ends while its surroundings stay.

/** The secret of the provider's notices. */
export const SECRET = 'a secret of the test';

/** One process of the platform. */
export interface DeployedProcess extends Pick<Lifeline, 'dead' | 'appends' | 'cutAfter' | 'holdBack'> {
  readonly engines: Engines;
  readonly pipeline: Pipeline;
  /** Undefined in a process that only takes commands in. */
  readonly views: RunningViews | undefined;
  readonly sagas: SagasRole | undefined;
  readonly webhooks: Router;
  /** Sends a command as a person would; without an id of its own it gets a fresh one. */
  send(command: Command, actor: Actor, commandId?: string): Promise<Reply>;
  /** Ends as after SIGTERM: what was accepted is finished. */
  stop(): Promise<void>;
  /** Ends as after SIGKILL: nothing it still does has an effect. Safe to repeat. */
  kill(): Promise<void>;
}

export interface DeploymentOptions {
  /** Starts the projections role; by default as compose/ does. */
  readonly projections?: (engines: Engines, log: Log) => Promise<RunningViews>;
  /** Why the provider declines a payment. */
  readonly declines?: (request: PaymentRequest) => string | undefined;
  /** Whether the provider now takes what it is asked for, and its answer never comes. */
  readonly isSilent?: () => boolean;
}

export type Roles = 'every role' | 'write side';

/** What outlives a process: the history, the read models, time, and the payment provider out in the world. */
interface Surroundings
  extends Pick<Engines, 'machineClock' | 'newId' | 'store' | 'readStore' | 'personKeys'> {
  readonly clock: SimulatedClock;
  readonly provider: PaymentProvider;
  readonly options: DeploymentOptions;
  /** What was logged as an error. */
  readonly errors: string[];
}

/** The provider as a process reaches it. */
function providerOf({ provider, options: { isSilent = () => false } }: Surroundings): PaymentProvider {
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    const silent = isSilent();
    const known = await answer;
    return silent ? new Promise<never>(() => undefined) : known;
  };
  return {
    name: provider.name,
    createTopUp: (request) => heard(provider.createTopUp(request)),
    submitPayout: (request) => heard(provider.submitPayout(request)),
  };
}

/** Begins a process of the platform, wired by compose/ itself. */
export async function beginProcess(around: Surroundings, roles: Roles): Promise<DeployedProcess> {
  const line = lifeline(around);
  const log: Log = {
    info() {},
    warn() {},
    error(details, message) {
      // What a dead process complains of is no error of the platform.
      if (!line.isDead()) around.errors.push(`${message} ${told(details)}`);
    },
  };
  const { clock, machineClock, newId, personKeys } = around;
  const { store, readStore } = line;
  const engines = enginesOver(
    { clock, simulated: clock, machineClock, newId, random: systemRandom, store, readStore, personKeys },
    { log, loop: { owner: newId(), retryPollMs: 20 } },
  );
  const write = writeSide(engines, {
    log,
    notices: { provider: around.provider.name, secrets: [SECRET] },
    addressOf: addressesBehind([]).of,
    perPerson: turns({ atWork: 8, waiting: 1_000 }, afterwards),
    quotas: quotasOf({ rates: { perAddress: 1_000_000, perPerson: 1_000_000 } }),
  });
  const { pipeline } = write;
  const all = roles === 'every role';
  const views = all ? await (around.options.projections ?? projections)(engines, log) : undefined;
  const role = all
    ? await runSagas(engines, { dispatch: pipeline.dispatch, provider: providerOf(around), log })
    : undefined;

  async function end(): Promise<void> {
    await pipeline.drain();
    await role?.stop();
    await views?.stop();
    await engines.close();
  }
  let ended: Promise<void> | undefined;
  return {
    engines,
    pipeline,
    views,
    sagas: role,
    webhooks: Router().use(...write.routers),
    dead: line.dead,
    appends: line.appends,
    cutAfter: line.cutAfter,
    holdBack: line.holdBack,
    async send({ command, data }, actor, commandId = newId()) {
      const declared = registry.commands.get(command)?.command;
      if (declared === undefined) throw new TypeError(`${command} is not in the registry`);
      const json: unknown = declared.schema.encode(data as never);
      return pipeline.dispatch({
        command,
        data: json,
        commandId,
        actor,
        steppedUp: true,
        origin: { channel: 'http' },
      });
    },
    stop() {
      ended ??= end();
      return ended;
    },
    kill() {
      line.cut();
      ended ??= end();
      return ended;
    },
  };
}
