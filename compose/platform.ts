import type { Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '#config';
import type { Position } from '#domain/kernel/envelope.ts';
import type { Revocations } from '#domain/kernel/ports/revocations.ts';
import { afterwards } from '#engines/afterwards.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import { pause } from '#runtime/pause.ts';
import { turns } from '#runtime/turns.ts';
import { authenticator } from '#write-side/identity/authenticate.ts';
import { dispatchRoutes } from '#write-side/service/dispatch.ts';
import type { AccountPages } from './account-pages.ts';
import { type SharedClock, sharedClock } from './clock/shared-clock.ts';
import { registry } from './contexts.ts';
import { clockOperations, developmentClock } from './development-clock.ts';
import { type CommonEngines, openEngines, type ProcessEngines } from './engines.ts';
import { healthOfClock, healthOfElsewhere, healthOfEngines, healthOfServer } from './health.ts';
import { addressesBehind } from './http/addresses.ts';
import type { HttpLimits } from './http/limits.ts';
import { metrics } from './metrics.ts';
import { allowedOrigins } from './origins.ts';
import { openPorts, type Ports, type PortsOptions } from './ports.ts';
import { quotasOf } from './quotas.ts';
import type { RunningRole, Surroundings } from './roles/role.ts';
import type { DoneWith } from './service.ts';
import { PROVIDER_PATH } from './tokens.ts';

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
  /** Where the operator looks; undefined: on the same port as everybody. */
  readonly operationsUrl: string | undefined;
  /** Where other roles reach this process; undefined: there are none, or they reach another. */
  readonly serviceUrl: string | undefined;
  /** Tells this process which tokens are not taken any more. */
  readonly revocations: Revocations;
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
  /** What people are shown who sign in, where it is not the usual. */
  readonly accountPages?: AccountPages;
}

/**
 * Waits until nothing is left to do here at this moment of the simulated business; up to where, that is.
 * @throws when that takes too long
 */
async function settle({ store }: CommonEngines, roles: readonly RunningRole[]): Promise<Position> {
  for (;;) {
    const head = await store.head();
    const settled = await Promise.all(roles.map((role) => role.settled?.(head, SETTLE_MS) ?? true));
    if (settled.includes(false)) throw new Error('the platform did not come to rest in time');
    if ((await store.head()) === head) return head;
  }
}

/** Whether this process is done with the history up to a position: with all of it, or with what might send commands. */
const doneWith =
  (roles: readonly RunningRole[]): DoneWith =>
  async (head, all, timeoutMs) => {
    const done = await Promise.all(
      roles.flatMap((role) => [
        role.settled?.(head, timeoutMs) ?? true,
        all ? (role.caughtUp?.(head, timeoutMs) ?? true) : true,
      ]),
    );
    return !done.includes(false);
  };

/** What production may be meant to do without, and should not in earnest. */
function warnOfRehearsal({ simulated, publicUrl, mail, firstAdmin }: Config, log: Logger): void {
  if (simulated.includes('payments'))
    log.warn({ simulated }, 'the payment provider is a simulated one, as SIMULATED names it');
  if (simulated.includes('mail') && mail.at.engine === 'outbox')
    log.warn({ simulated }, 'mails go nowhere, as SIMULATED names it');
  if (firstAdmin !== undefined && mail.at.engine === 'outbox')
    log.warn(
      {},
      'FIRST_ADMIN makes nobody an administrator whose address is not proven yet: mails go nowhere. A program on this machine that catches them shows their links: MAIL=smtp://127.0.0.1:1025?tls=false, with MAIL_FROM',
    );
  if (publicUrl?.startsWith('http:'))
    log.warn({ publicUrl }, 'PUBLIC_URL is plain http, which is for this machine alone');
}

/** The clock that this process moves for everybody, where it is simulated. */
function movedHere(
  engines: ProcessEngines,
  roles: readonly RunningRole[],
  log: Logger,
): SharedClock | undefined {
  const { simulated: clock, store, machineClock, owner } = engines;
  if (clock === undefined) return undefined;
  const settled = () => settle(engines, roles);
  return sharedClock({ clock, store, settled, owner, machineClock, log, turnMs: SETTLE_MS });
}

/** What the roles serve, and which of it is there for development. */
function servedBy(
  roles: readonly RunningRole[],
  clock: SharedClock | undefined,
): Pick<PortsOptions, 'routers' | 'served' | 'development'> {
  return {
    routers: [
      ...roles.flatMap(({ routers = [] }) => routers),
      ...(clock === undefined ? [] : [developmentClock(clock)]),
    ],
    served: roles.flatMap(({ served = [] }) => served),
    development: [
      ...roles.flatMap(({ development = [] }) => development),
      ...(clock === undefined ? [] : clockOperations),
    ],
  };
}

/** What other processes ask of this one. */
function forRoles(
  { knowsRole: knows }: ProcessEngines,
  roles: readonly RunningRole[],
  clock: SharedClock | undefined,
): readonly Router[] | undefined {
  if (knows === undefined) return undefined;
  const lives = clock === undefined ? 'system' : 'simulated';
  return [
    ...roles.flatMap(({ decides }) =>
      decides ? [dispatchRoutes({ registry, dispatch: decides, knows, lives })] : [],
    ),
    ...(clock === undefined ? [] : [clock.routes(knows)]),
  ];
}

/** What is told of them to whoever looks after the process. */
function observed(
  { clockJump, standings, store, writeSide, certificates }: ProcessEngines,
  roles: readonly RunningRole[],
  { whole, roles: named }: Config,
): Pick<PortsOptions, 'metrics' | 'health'> {
  const servesBesideOthers = !whole && (named.includes('write-side') || named.includes('read-api'));
  const engines = [...standings, ...roles.flatMap((role) => role.engines ?? [])];
  return {
    metrics: metrics({
      ...Object.assign({}, ...roles.map(({ measured }) => measured)),
      consumers: () => roles.flatMap(({ consumers }) => consumers?.() ?? []),
      head: () => store.head(),
      engines,
      certificates: certificates.ends,
    }),
    health() {
      const all = {
        ...Object.assign({}, ...roles.map(({ health }) => health?.())),
        ...healthOfEngines(engines),
        clock: healthOfClock(clockJump()),
        ...certificates.health(),
        // Without it everything is read all the same, and whoever sends commands is told to come again.
        ...(writeSide === undefined ? {} : { 'write-side': healthOfElsewhere(writeSide.standing()) }),
      };
      return servesBesideOthers ? healthOfServer(all) : all;
    },
  };
}

/**
 * First whoever sends people here is told, and then nothing new is taken: what is under way is done, and told to those who
 * follow it. Then the feeds end, then whoever still asks, then what they have set going, and the stores last.
 */
async function stopInOrder(
  engines: CommonEngines,
  roles: readonly RunningRole[],
  { http, operations, service }: Ports,
  { shutdownDelayMs }: Config,
): Promise<void> {
  const { machineClock } = engines;
  for (const port of [http, service, operations]) port?.announceClosing();
  if (shutdownDelayMs > 0) await pause(machineClock, shutdownDelayMs);
  http.endConnections();
  service?.endConnections();
  const finished = new AbortController();
  const finishing = Promise.all(roles.map((role) => role.finish?.())).finally(() => finished.abort());
  await Promise.race([finishing, pause(machineClock, GRACE_MS, finished.signal)]);
  for (const role of roles) await role.tell?.();
  for (const role of roles) await role.leave?.();
  await Promise.all([http.close(GRACE_MS), service?.close(GRACE_MS)]);
  for (const role of roles) await role.stop?.();
  await operations?.close(GRACE_MS);
  await engines.close();
}

/** A process of the platform, with the roles that it was given: all of them, unless it shares the work with others. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { config, version, log, onFatal, limits = {}, accountPages } = options;
  // Whoever waits hears that the outcome is unknown, and then the process may end.
  const farewell = async (error: Error): Promise<void> => {
    await Promise.all([opened?.http.close(FAREWELL_MS), opened?.service?.close(FAREWELL_MS)]);
    onFatal(error);
  };
  let opened: Ports | undefined;
  // A start that comes to nothing leaves nothing that runs.
  await using begun = new AsyncDisposableStack();
  const engines = await openEngines({ config, log, onFatal: (error) => void farewell(error) });
  begun.defer(engines.close);
  if (config.production) warnOfRehearsal(config, log);
  const publicUrl = () => config.publicUrl ?? opened?.http.url ?? '';
  const addresses = addressesBehind(config.trustedProxies, () =>
    log.warn(
      {},
      'a request says that it was forwarded, and TRUSTED_PROXIES names nobody: behind a proxy everybody counts as one address',
    ),
  );
  const surroundings: Surroundings = {
    ...{ engines, config, log, limits, accountPages },
    authenticate: authenticator(engines.tokens),
    addressOf: addresses.of,
    perPerson: turns(OPERATIONS_PER_PERSON, afterwards),
    quotas: quotasOf(config),
    allowedOrigin: allowedOrigins(config, publicUrl),
  };
  // A folder that is refused is so before all is loaded that would have stood on it.
  const { startRoles } = await import('./roles.ts');
  const roles = await startRoles(surroundings, engines.writeSide?.dispatch, begun);
  const clock = movedHere(engines, roles, log);
  const ports = await openPorts(engines, {
    ...{ config, version, log, addresses, publicUrl },
    allowedOrigin: surroundings.allowedOrigin,
    quotas: surroundings.quotas,
    ...servedBy(roles, clock),
    forRoles: forRoles(engines, roles, clock),
    ...observed(engines, roles, config),
    limits: {
      connections: config.maxConnections,
      connectionsPerAddress: config.maxConnectionsPerAddress,
      ...limits.http,
    },
  });
  const { http, operations, service } = ports;
  opened = ports;
  const { people } = engines.certificates;
  for (const role of roles)
    role.opened?.({
      ...{ url: http.url, publicUrl: publicUrl(), server: http.server },
      ...(people !== undefined && { shows: () => people.current().cert }),
    });
  engines.providedAt(`${publicUrl()}${PROVIDER_PATH}`);
  engines.writeSide?.clock?.follow(doneWith(roles));
  begun.move();
  let stopped: Promise<void> | undefined;
  return {
    url: http.url,
    operationsUrl: operations?.url,
    serviceUrl: service?.url,
    revocations: engines.revocations,
    stop() {
      const ending = clock === undefined ? roles : [...roles, { leave: async () => clock.end() }];
      stopped ??= stopInOrder(engines, ending, ports, config);
      return stopped;
    },
  };
}
