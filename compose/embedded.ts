import type { Logger } from 'pino';
import type { Config } from '#config';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { afterwards } from '#engines/afterwards.ts';
import type { RunningViews } from '#projections/runtime/views.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import { pause } from '#runtime/pause.ts';
import { turns } from '#runtime/turns.ts';
import { tokenOperations } from '#write-side/identity/development-issuer.ts';
import { registry } from './contexts.ts';
import { countOf } from './count.ts';
import { clockOperations, developmentClock } from './development-clock.ts';
import { developmentPayments, paymentOperations } from './development-payments.ts';
import { type EmbeddedEngines, type Engines, embeddedEngines } from './engines.ts';
import { remindOfPayouts } from './forgotten-payments.ts';
import { healthOfAll } from './health.ts';
import { addressesBehind } from './http/addresses.ts';
import type { HttpLimits } from './http/limits.ts';
import type { HttpPort } from './http.ts';
import { metrics } from './metrics.ts';
import { allowedOrigins } from './origins.ts';
import { type Payments, payments } from './payments.ts';
import { openPorts, type Ports, type PortsOptions } from './ports.ts';
import { offered } from './production.ts';
import { projections } from './projections.ts';
import { readApi } from './read-api.ts';
import { runSagas, type SagasRole } from './sagas.ts';
import { type WriteSide, writeSide } from './write-side.ts';

/** How long a stop waits for what is under way, in milliseconds. */
const GRACE_MS = 5_000;
/** What one person gets done at once, over REST, GraphQL and sockets together, and what of theirs may wait besides. */
const OPERATIONS_PER_PERSON = { atWork: 8, waiting: 1_000 } as const;
/** How long those who wait are still answered once the history cannot be written any more, in milliseconds. */
const FAREWELL_MS = 1_000;
/** How long a stop waits for those who follow to be told of the last that was recorded, in milliseconds, and how often it looks. */
const TELLING_MS = 1_000;
const LOOK_MS = 5;
/** How long the simulated business waits for what a moment has set going, in milliseconds. */
const SETTLE_MS = 60_000;

export interface Platform {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Where the operator looks; undefined: on the same port as everybody. */
  readonly operationsUrl: string | undefined;
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

/** Waits until nothing is left to do at this moment of the simulated business. @throws when that takes too long */
async function settle({ store }: Engines, role: SagasRole): Promise<void> {
  for (;;) {
    const head = await store.head();
    if (!(await role.settled(head, SETTLE_MS))) throw new Error('the platform did not come to rest in time');
    if ((await store.head()) === head) return;
  }
}

/** What production may be meant to do without, and should not in earnest. */
function warnOfRehearsal({ simulated, publicUrl }: Config, log: Logger): void {
  if (simulated.includes('payments'))
    log.warn({ simulated }, 'the payment provider is a simulated one, as SIMULATED names it');
  if (publicUrl?.startsWith('http:'))
    log.warn({ publicUrl }, 'PUBLIC_URL is plain http: whoever listens reads what people send');
}

/** Under which addresses people come here and are sent here. */
type Whereabouts = Pick<PortsOptions, 'addresses' | 'publicUrl' | 'allowedOrigin'>;

/** What runs on the engines. */
interface Roles {
  readonly paying: Payments;
  readonly write: WriteSide;
  readonly views: RunningViews;
  readonly sagas: SagasRole;
  readonly read: ReturnType<typeof readApi>;
}

/** @param begun takes in how each is ended, for a start that comes to nothing behind it */
async function startRoles(
  engines: Engines,
  { config, log, limits = {} }: PlatformOptions,
  { addresses, allowedOrigin }: Whereabouts,
  begun: AsyncDisposableStack,
): Promise<Roles> {
  const asking = { addressOf: addresses.of, perPerson: turns(OPERATIONS_PER_PERSON, afterwards) };
  const has = offered(config);
  const paying = payments(engines, config);
  begun.defer(paying.close);
  const { provider } = paying;
  const write = writeSide(engines, { log, notices: paying.notices, ...asking });
  const { dispatch } = write.pipeline;
  const views = await projections(engines, log);
  begun.defer(views.stop);
  const { store, readStore } = engines;
  await remindOfPayouts({ store, consumers: readStore.consumers, registry, provider, log });
  const sagas = await runSagas(engines, { dispatch, provider, log });
  begun.defer(sagas.stop);
  const read = readApi(engines, {
    dispatch,
    authenticate: write.authenticate,
    ...asking,
    views: views.reader,
    log,
    graphiql: has.graphiql,
    introspection: has.introspection ? 'anybody' : 'by token',
    allowedOrigin,
    limits: limits.read ?? {},
  });
  return { paying, write, views, sagas, read };
}

/** What they serve, and which of it is there for development. */
function servedBy(
  engines: Engines,
  { read, write, paying, sagas }: Roles,
  config: Config,
): Pick<PortsOptions, 'routers' | 'development'> {
  const has = offered(config);
  const { simulated } = engines;
  return {
    routers: [
      ...read.routers,
      ...write.routers,
      ...paying.routers,
      ...(has.notices ? [developmentPayments(paying.provider)] : []),
      ...(simulated === undefined ? [] : [developmentClock(simulated, () => settle(engines, sagas))]),
    ],
    development: [
      ...(config.devTokens ? tokenOperations : []),
      ...(has.notices ? paymentOperations : []),
      ...(simulated === undefined ? [] : clockOperations),
    ],
  };
}

/** What is told of them to whoever looks after the process. */
function observed(
  { clockJump, standings }: EmbeddedEngines,
  { write, views, sagas }: Roles,
): Pick<PortsOptions, 'metrics' | 'health'> {
  return {
    metrics: metrics({
      pipeline: () => write.pipeline.status(),
      consumers: () => [...views.status(), ...sagas.status()],
      engines: standings,
      noticesUnread: write.noticesUnread,
      noticesWaiting: () => countOf(views.reader, 'notices', { status: 'waiting' }),
    }),
    health: healthOfAll({
      draining: () => write.pipeline.status().draining,
      views: views.status,
      sagas: sagas.status,
      clockJump,
      engines: standings,
    }),
  };
}

/**
 * Resolves when all that is recorded has been folded here, or after a while. Views and feeds are told by one tail of the history, and
 * a fold takes longer than an item on its way out.
 */
async function toldToAll({ store, machineClock }: Engines, views: RunningViews): Promise<void> {
  const until = later(machineClock.now(), TELLING_MS);
  // A history that cannot be read has nothing more to tell.
  const head = await store.head().catch(() => BEGINNING);
  while (
    views.status().some(({ state, position }) => state === 'live' && position < head) &&
    machineClock.now() < until
  )
    await pause(machineClock, LOOK_MS);
}

/**
 * First whoever sends people here is told, and then nothing new is taken: what is under way is done, and told to those who
 * follow it. Then the feeds end, then whoever still asks, then what they have set going, and the stores last.
 */
async function stopInOrder(
  engines: Engines,
  { paying, write, views, sagas, read }: Roles,
  { http, operations }: Ports,
  { shutdownDelayMs }: Config,
): Promise<void> {
  const { machineClock } = engines;
  http.announceClosing();
  operations?.announceClosing();
  if (shutdownDelayMs > 0) await pause(machineClock, shutdownDelayMs);
  http.endConnections();
  const drained = new AbortController();
  const draining = write.pipeline.drain().finally(() => drained.abort());
  await Promise.race([draining, pause(machineClock, GRACE_MS, drained.signal)]);
  await toldToAll(engines, views);
  await read.graphql.close('going away');
  await http.close(GRACE_MS);
  await paying.close();
  await write.pipeline.drain();
  await sagas.stop();
  await views.stop();
  await operations?.close(GRACE_MS);
  await engines.close();
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
  // A start that comes to nothing leaves nothing that runs.
  await using begun = new AsyncDisposableStack();
  const engines = await embeddedEngines({ config, log, onFatal: (error) => void farewell(error) });
  begun.defer(engines.close);
  if (config.production) warnOfRehearsal(config, log);
  const publicUrl = () => config.publicUrl ?? opened?.url ?? '';
  const whereabouts: Whereabouts = {
    addresses: addressesBehind(config.trustedProxies),
    publicUrl,
    allowedOrigin: allowedOrigins(config, publicUrl),
  };
  const roles = await startRoles(engines, options, whereabouts, begun);
  const ports = await openPorts(engines, {
    ...{ config, version, log },
    ...whereabouts,
    ...servedBy(engines, roles, config),
    ...observed(engines, roles),
    limits: {
      connections: config.maxConnections,
      connectionsPerAddress: config.maxConnectionsPerAddress,
      ...limits.http,
    },
  });
  const { http, operations } = ports;
  opened = http;
  roles.paying.opened(http.url, publicUrl());
  roles.read.graphql.attach(http.server);

  begun.move();

  let stopped: Promise<void> | undefined;
  return {
    url: http.url,
    operationsUrl: operations?.url,
    stop() {
      stopped ??= stopInOrder(engines, roles, ports, config);
      return stopped;
    },
  };
}
