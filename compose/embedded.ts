import type { Logger } from 'pino';
import type { Config } from '#config';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import { registry } from '#domain/registry.ts';
import { developmentClock } from './development-clock.ts';
import { type Engines, embeddedEngines } from './engines.ts';
import { type Health, openHttp } from './http.ts';
import { metrics } from './metrics.ts';
import { payments } from './payments.ts';
import { projections } from './projections.ts';
import { readApi } from './read-api.ts';
import { type SagasRole, sagas } from './sagas.ts';
import { writeSide } from './write-side.ts';

/** How long a stop waits for what is under way, in milliseconds. */
const GRACE_MS = 5_000;
/** How long the simulated business waits for what a moment has set going, in milliseconds. */
const SETTLE_MS = 60_000;

export interface Platform {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Finishes what was accepted, ends the feeds with a reason, and closes everything. Repeats wait for the first. */
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Logger;
  /** The history is in doubt; the process has to end at once, and the next start settles it. */
  readonly onFatal: (error: Error) => void;
}

/** A consumer that has stopped by itself needs somebody; one that catches up needs time. */
const healthOf = (consumers: readonly ConsumerStatus[]): Health[string] => {
  const stopped = consumers.filter(({ state }) => state === 'stopped' || state === 'newer-event');
  const parked = consumers.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0);
  const problems = stopped.map(({ name, problem }) => `${name}: ${problem ?? 'stopped'}`);
  const detail = [...problems, ...(parked === 0 ? [] : [`${parked} parked`])].join('; ');
  return { ready: stopped.length === 0, ...(detail === '' ? {} : { detail }) };
};

/** Waits until nothing is left to do at this moment of the simulated business. @throws when that takes too long */
async function settle({ store }: Engines, role: SagasRole): Promise<void> {
  for (;;) {
    const head = await store.head();
    if (!(await role.settled(head, SETTLE_MS))) throw new Error('the platform did not come to rest in time');
    if ((await store.head()) === head) return;
  }
}

/** Every role in one process on one port: the profile that needs no server. */
export async function startEmbedded({ config, version, log, onFatal }: PlatformOptions): Promise<Platform> {
  const engines = await embeddedEngines({ config, log, onFatal });
  const { machineClock, newId, simulated } = engines;
  const paying = payments(engines, config);
  const write = writeSide(engines, { log, version, webhookSecrets: [paying.secret] });
  const { dispatch } = write.pipeline;
  const views = await projections(engines, log);
  const role = await sagas(engines, { dispatch, provider: paying.provider, log });
  const read = readApi(engines, {
    dispatch,
    authenticate: write.authenticate,
    views: views.reader,
    log,
    graphiql: !config.production,
  });
  const measured = metrics({
    pipeline: () => write.pipeline.status(),
    consumers: () => [...views.status(), ...role.status()],
  });
  const http = await openHttp({
    host: config.host,
    port: config.port,
    registry,
    newId,
    clock: machineClock,
    routers: [
      ...read.routers,
      ...write.routers,
      ...paying.routers,
      measured,
      ...(simulated === undefined ? [] : [developmentClock(simulated, () => settle(engines, role))]),
    ],
    health: () => ({
      'write-side': { ready: !write.pipeline.status().draining },
      projections: healthOf(views.status()),
      sagas: healthOf(role.status()),
    }),
    report: (error, reference) => log.error({ err: error, reference }, 'a request failed'),
  });
  paying.opened(http.url);
  read.graphql.attach(http.server);

  async function stop(): Promise<void> {
    // First whoever waits for news, then whoever asks, then what they have set going, and the stores last.
    await read.graphql.close('going away');
    await http.close(GRACE_MS);
    await paying.close();
    await write.pipeline.drain();
    await role.stop();
    await views.stop();
    await engines.close();
  }
  let stopped: Promise<void> | undefined;
  return {
    url: http.url,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
