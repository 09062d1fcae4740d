import type { Logger } from 'pino';
import type { Config } from '#config';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import { registry } from '#domain/registry.ts';
import { type ClockJump, jumpText } from '#engines/clock/jumps.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import { developmentClock } from './development-clock.ts';
import { type Engines, embeddedEngines } from './engines.ts';
import type { Health, HttpLimits, HttpPort } from './http.ts';
import { listenBy } from './listening.ts';
import { metrics } from './metrics.ts';
import { payments } from './payments.ts';
import { projections } from './projections.ts';
import { readApi } from './read-api.ts';
import { type SagasRole, sagas } from './sagas.ts';
import { writeSide } from './write-side.ts';

/** How long a stop waits for what is under way, in milliseconds. */
const GRACE_MS = 5_000;
/** How long those who wait are still answered once the history cannot be written any more, in milliseconds. */
const FAREWELL_MS = 1_000;
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
  /** The history is in doubt, and whoever waited was told; the process has to end, and the next start settles it. */
  readonly onFatal: (error: Error) => void;
  /** What the port and the read side allow, where it is not the usual. */
  readonly limits?: { readonly http?: Partial<HttpLimits>; readonly read?: Partial<ReadLimits> };
}

/** A consumer that has stopped by itself or tries in vain needs somebody; one that catches up needs time. */
const healthOf = (consumers: readonly ConsumerStatus[]): Health[string] => {
  const troubled = consumers.filter(
    ({ state, problem }) => state === 'stopped' || state === 'newer-event' || problem !== undefined,
  );
  const parked = consumers.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0);
  const problems = troubled.map(({ name, problem }) => `${name}: ${problem ?? 'stopped'}`);
  const detail = [...problems, ...(parked === 0 ? [] : [`${parked} parked`])].join('; ');
  return { ready: troubled.length === 0, ...(detail === '' ? {} : { detail }) };
};

/** A jump makes nobody unready, but explains what comes early or late. */
const healthOfClock = (jump: ClockJump | undefined): Health[string] => ({
  ready: true,
  ...(jump === undefined ? {} : { detail: `${jumpText(jump)} at ${jump.at}` }),
});

/** Waits until nothing is left to do at this moment of the simulated business. @throws when that takes too long */
async function settle({ store }: Engines, role: SagasRole): Promise<void> {
  for (;;) {
    const head = await store.head();
    if (!(await role.settled(head, SETTLE_MS))) throw new Error('the platform did not come to rest in time');
    if ((await store.head()) === head) return;
  }
}

/** Every role in one process on one port: the profile that needs no server. */
export async function startEmbedded(options: PlatformOptions): Promise<Platform> {
  const { config, version, log, onFatal, limits = {} } = options;
  // Whoever waits hears that the outcome is unknown, and then the process may end.
  const farewell = async (error: Error): Promise<void> => {
    await opened?.close(FAREWELL_MS);
    onFatal(error);
  };
  let opened: HttpPort | undefined;
  const engines = await embeddedEngines({ config, log, onFatal: (error) => void farewell(error) });
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
    limits: limits.read ?? {},
  });
  const measured = metrics({
    pipeline: () => write.pipeline.status(),
    consumers: () => [...views.status(), ...role.status()],
  });
  const http = await listenBy('PORT and HOST', {
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
      clock: healthOfClock(engines.clockJumps.last()),
    }),
    limits: limits.http ?? {},
    report: (error, reference) => log.error({ err: error, reference }, 'a request failed'),
  });
  opened = http;
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
