import type { Logger } from 'pino';
import type { Config } from '#config';
import { pause } from '#domain/kernel/pause.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import { turns } from '#domain/kernel/turns.ts';
import { registry } from '#domain/registry.ts';
import { afterwards } from '#engines/afterwards.ts';
import { type ClockJump, jumpText } from '#engines/clock/jumps.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import { developmentClock } from './development-clock.ts';
import { type Engines, embeddedEngines } from './engines.ts';
import { addressesBehind } from './http/addresses.ts';
import type { HttpLimits } from './http/limits.ts';
import { type Health, type HttpPort, openHttp } from './http.ts';
import { metrics } from './metrics.ts';
import { payments } from './payments.ts';
import { projections } from './projections.ts';
import { readApi } from './read-api.ts';
import { type SagasRole, sagas } from './sagas.ts';
import { writeSide } from './write-side.ts';

/** How long a stop waits for what is under way, in milliseconds. */
const GRACE_MS = 5_000;
/** What one person gets done at once, over REST, GraphQL and sockets together, and what of theirs may wait besides. */
const OPERATIONS_PER_PERSON = { atWork: 8, waiting: 1_000 } as const;
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
  const addresses = addressesBehind(config.trustedProxies);
  const asking = { addressOf: addresses.of, perPerson: turns(OPERATIONS_PER_PERSON, afterwards) };
  const paying = payments(engines, config);
  const write = writeSide(engines, { log, version, webhookSecrets: [paying.secret], ...asking });
  const { dispatch } = write.pipeline;
  const views = await projections(engines, log);
  const role = await sagas(engines, { dispatch, provider: paying.provider, log });
  const read = readApi(engines, {
    dispatch,
    authenticate: write.authenticate,
    ...asking,
    views: views.reader,
    log,
    graphiql: !config.production,
    limits: limits.read ?? {},
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
    addresses,
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
    limits: {
      connections: config.maxConnections,
      connectionsPerAddress: config.maxConnectionsPerAddress,
      ...limits.http,
    },
    report: (error, reference) => log.error({ err: error, reference }, 'a request failed'),
  });
  opened = http;
  paying.opened(http.url);
  read.graphql.attach(http.server);

  async function stop(): Promise<void> {
    // First whoever sends people here is told, and then nothing new is taken: what is under way is done, and told to those who
    // follow it. Then the feeds end, then whoever still asks, then what they have set going, and the stores last.
    http.announceClosing();
    if (config.shutdownDelayMs > 0) await pause(machineClock, config.shutdownDelayMs);
    http.endConnections();
    const drained = new AbortController();
    const draining = write.pipeline.drain().finally(() => drained.abort());
    await Promise.race([draining, pause(machineClock, GRACE_MS, drained.signal)]);
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
