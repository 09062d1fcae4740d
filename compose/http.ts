import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import express, { type RequestHandler, type Router } from 'express';
import { later } from '#domain/kernel/instant.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { afterwards, arrived } from '#engines/afterwards.ts';
import { networkOf } from '#runtime/address.ts';
import { places, TooManyAtOnceError } from '#runtime/places.ts';
import { lastRejection } from '#runtime/wire.ts';
import { answerBreaches } from './breaches.ts';
import type { Addresses } from './http/addresses.ts';
import type { Report } from './http/answers.ts';
import { gatherBodies } from './http/bodies.ts';
import { lookAfter } from './http/connections.ts';
import { entrance } from './http/entrance.ts';
import { protecting } from './http/headers.ts';
import { takeInByTurns } from './http/intake.ts';
import { type HttpLimits, httpLimits } from './http/limits.ts';
import { preflight } from './http/methods.ts';
import { rationed } from './http/rations.ts';
import { isAddressed } from './http/target.ts';
import { inTurn } from './http/turns.ts';

/** What `/health/ready` tells: the process is ready when every component is that it is not spared. */
export interface Health {
  readonly [component: string]: {
    readonly ready: boolean;
    readonly detail?: string;
    /** People are served here all the same: what does not work is told of, and is no reason to send them elsewhere. */
    readonly spared?: boolean;
  };
}

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  readonly newId: NewId;
  /** The system's clock: sockets live in real time, also where the platform's clock is simulated. */
  readonly clock: Clock;
  /** From where a request comes. */
  readonly addresses: Addresses;
  readonly routers: readonly Router[];
  readonly health: () => Health | Promise<Health>;
  /** Whether `/health/ready` names the components, or only says whether; it names them by default. */
  readonly healthDetails?: boolean;
  /** What each network may ask; undefined: as much as it likes. Paths that are spared count for none. */
  readonly ration?: { readonly perAddress: Quota; readonly spared: readonly string[] };
  /** Stands before every router, and may answer in their place. */
  readonly crossOrigin?: RequestHandler;
  /** Whether people come by https. */
  readonly byTls?: boolean;
  /** With which the port speaks TLS, and nothing else; undefined: plain. */
  readonly tls?: Secured;
  readonly report: Report;
  readonly limits?: Partial<HttpLimits>;
}

/** What a port is secured by: its certificate, and whoever vouches for those that peers have to show. */
export interface Secured {
  /** For connections that come from now on. */
  context(): SecureContextOptions;
  /** Is told when there is another. */
  onChange(changed: () => void): void;
  /** Whether a peer has to show a certificate that is vouched for. */
  readonly mutual: boolean;
}

export interface HttpPort {
  /** For the transports that take over connections (`upgrade`). */
  readonly server: Server;
  /** `http://127.0.0.1:4000`, with TLS `https://…` */
  readonly url: string;
  /** From now on `/health/ready` says `closing`, and everything is served as before: whoever balances looks elsewhere. */
  announceClosing(): void;
  /** From now on each answer is the last of its connection, so that whoever asks again asks elsewhere. */
  endConnections(): void;
  /**
   * Stops accepting and lets what is under way finish; after `graceMs` what is left is cut off. Repeats wait for the
   * first.
   */
  close(graceMs: number): Promise<void>;
}

/** How far the port is on its way to its end. */
interface Ending {
  announced: boolean;
  /** Answers are the last of their connections. */
  ending: boolean;
  /** Begun and not yet taken. */
  readonly owed: Set<ServerResponse>;
}

/** As many requests of one network as it may have connections: those that a proxy brings come on few, of the proxy's own. */
function networksBounded({ addresses }: HttpOptions, most: number): RequestHandler {
  const perNetwork = places(most);
  return (request, response, next) => {
    const address = addresses.of(request);
    if (address !== undefined) {
      const leave = perNetwork.take(networkOf(address));
      if (leave === undefined) throw new TooManyAtOnceError();
      response.once('close', leave);
    }
    next();
  };
}

function healthRoutes({ health, healthDetails = true }: HttpOptions, state: Ending): Router {
  const router = express.Router();
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  router.get('/health/ready', async (_request, response) => {
    const told = Object.entries(await health());
    const serves = told.every(([, { ready, spared = false }]) => ready || spared);
    const ready = told.every(([, component]) => component.ready);
    const status = state.announced ? 'closing' : ready ? 'ready' : serves ? 'degraded' : 'not-ready';
    const components = Object.fromEntries(
      told.map(([name, { spared: _, ...component }]) => [name, component]),
    );
    response
      .status(serves && !state.announced ? 200 : 503)
      .json({ status, ...(healthDetails && { components }) });
  });
  return router;
}

function application(options: HttpOptions, limits: HttpLimits, state: Ending): RequestListener {
  const health = healthRoutes(options, state);
  const routers = [health, ...options.routers];
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('trust proxy', false);
  // Before all else that answers `OPTIONS`: browsers ask by it on behalf of pages.
  if (options.crossOrigin !== undefined) app.use(options.crossOrigin);
  app.use(preflight(routers));
  // Whoever watches over the platform is answered, whatever else their address has under way.
  app.use(health, networksBounded(options, limits.connectionsPerAddress));
  const { ration, addresses } = options;
  if (ration !== undefined) app.use(rationed(ration.perAddress, addresses, ration.spared));
  for (const router of options.routers) app.use(router);
  const enter = entrance(app, routers, {
    ...options,
    closing: () => state.ending,
    protect: protecting(options.byTls ?? false),
  });
  return (request, response) => {
    state.owed.add(response);
    response.once('close', () => state.owed.delete(response));
    enter(request, response);
  };
}

/**
 * `h2c` and whatever else we do not speak is an offer that a server may pass over, and one of HTTP/1.0 it must. So is one that comes
 * with a body, which would have to be read first. A request that is refused for what it is addressed to is none to upgrade: it goes
 * on to where that is answered.
 */
const isWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' &&
  request.httpVersion === '1.1' &&
  (request.headers['content-length'] ?? '0') === '0' &&
  request.headers['transfer-encoding'] === undefined &&
  isAddressed(request);

function serverOf(app: RequestListener, limits: HttpLimits, tls: Secured | undefined): Server {
  const { listener, owes } = inTurn(app, limits.pipelinedRequests);
  const options: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.connectionsCheckMs,
    keepAlive: true,
    keepAliveInitialDelay: limits.peerProbeMs,
    noDelay: true,
    // A request without a host is answered like every other bad one, with a code.
    requireHostHeader: false,
    // One behind requests whose answers are still owed would overtake them.
    shouldUpgradeCallback: (request) => isWebSocket(request) && !owes(request.socket),
  };
  const server = tls === undefined ? createServer(options) : securedBy(tls, options, limits);
  server.maxHeadersCount = limits.headers;
  server.on('request', gatherBodies(limits)).on('request', listener);
  return server;
}

/** A new certificate is for new connections; those that there are go on with the one that they know. */
function securedBy(tls: Secured, options: ServerOptions, limits: HttpLimits): Server {
  const server = createSecureServer({
    ...options,
    ...tls.context(),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: limits.handshakeMs,
    requestCert: tls.mutual,
    rejectUnauthorized: tls.mutual,
  });
  tls.onChange(() => server.setSecureContext(tls.context()));
  // Node would have it answered as a breach of HTTP, and nothing can be said behind a handshake that came to nothing.
  server.removeAllListeners('tlsClientError').on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** Who listens everywhere is found on this machine; the address of everywhere is none that anybody could open. */
const HERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': 'localhost' };

const urlOf = (server: Server): string => {
  const { address, family, port } = server.address() as AddressInfo;
  return `${server instanceof SecureServer ? 'https' : 'http'}://${HERE[address] ?? (family === 'IPv6' ? `[${address}]` : address)}:${port}`;
};

/**
 * New connections that may wait to be accepted, as far as the system lets them. One that finds no room is tried again by its own
 * system a second later, and then three: a group's turns would keep a quiet peer waiting for that.
 */
const BACKLOG = 4_096;

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Opens the platform's one port. @throws what listening throws: `EADDRINUSE` when the port is taken. */
export async function openHttp(options: HttpOptions): Promise<HttpPort> {
  const { registry, clock, addresses } = options;
  const limits: HttpLimits = { ...httpLimits, ...options.limits };
  const state: Ending = { announced: false, ending: false, owed: new Set() };
  const server = serverOf(application(options, limits, state), limits, options.tls);
  answerBreaches(server, registry);
  server.on('request', (_request, response) => {
    response.on('finish', () => {
      if (state.ending) server.closeIdleConnections();
    });
  });
  await listen(server, options.port, options.host);
  const full = Overloaded({ retryAfterMs: limits.lingerMs });
  const refusal = (status: 429 | 503) => lastRejection(registry, full, status);
  server.on('connection', arrived);
  const connections = lookAfter(server, {
    ...{ limits, clock, addresses, refusal, byTls: options.tls !== undefined },
    takeIn: takeInByTurns(limits.slicesAtOnce, afterwards),
  });
  // A connection that cannot be accepted, for want of descriptors for example, is no reason to leave those that are.
  server.on('error', (error) => options.report(error, options.newId()));

  function shut(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.at(later(clock.now(), graceMs), () => connections.destroyAll());
      server.close(() => {
        cancel();
        connections.stop();
        resolve();
      });
      server.closeIdleConnections();
      connections.endHandshakes();
    });
  }

  let closed: Promise<void> | undefined;
  const endConnections = (): void => {
    state.announced = true;
    state.ending = true;
    // Those that were asked for before, too.
    for (const response of state.owed) if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  return {
    server,
    url: urlOf(server),
    announceClosing() {
      state.announced = true;
    },
    endConnections,
    close(graceMs) {
      endConnections();
      closed ??= shut(graceMs);
      return closed;
    },
  };
}
