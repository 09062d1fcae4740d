import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express, { type RequestHandler, type Router } from 'express';
import { later } from '#domain/kernel/instant.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { answerBreaches } from './breaches.ts';
import type { Report } from './http/answers.ts';
import { entrance } from './http/entrance.ts';
import { preflight } from './http/methods.ts';
import { isAddressed } from './http/target.ts';

/** Limits of the port. Bodies have theirs where they are read. */
export const httpLimits = {
  connections: 5_000,
  headerBytes: 16 * 1024,
  headers: 100,
  /** For a request's headers to arrive; whoever drips them holds a connection no longer. */
  headersTimeoutMs: 10_000,
  /** For a whole request to arrive. */
  requestTimeoutMs: 30_000,
  /** An idle connection waits this long for its next request. */
  keepAliveTimeoutMs: 5_000,
  /** How often the timeouts above are looked at. */
  connectionsCheckMs: 2_000,
  /** Silence after which the system asks whether the peer is still there: half-open connections end. */
  peerProbeMs: 30_000,
} as const;
export type HttpLimits = { readonly [Name in keyof typeof httpLimits]: number };

/** What `/health/ready` tells: the platform is ready when every component is. */
export interface Health {
  readonly [component: string]: { readonly ready: boolean; readonly detail?: string };
}

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  readonly newId: NewId;
  /** The system's clock: sockets live in real time, also where the platform's clock is simulated. */
  readonly clock: Clock;
  readonly routers: readonly Router[];
  readonly health: () => Health | Promise<Health>;
  /** Whether `/health/ready` names the components, or only says whether; it names them by default. */
  readonly healthDetails?: boolean;
  /** Stands before every router, and may answer in their place. */
  readonly crossOrigin?: RequestHandler;
  readonly report: Report;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpPort {
  /** For the transports that take over connections (`upgrade`). */
  readonly server: Server;
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /**
   * Stops accepting and lets what is under way finish; after `graceMs` what is left is cut off. Repeats wait for the
   * first.
   */
  close(graceMs: number): Promise<void>;
}

function healthRoutes({ health, healthDetails = true }: HttpOptions, closing: () => boolean): Router {
  const router = express.Router();
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  router.get('/health/ready', async (_request, response) => {
    const components = await health();
    const ready = !closing() && Object.values(components).every((component) => component.ready);
    const status = closing() ? 'closing' : ready ? 'ready' : 'not-ready';
    response.status(ready ? 200 : 503).json({ status, ...(healthDetails && { components }) });
  });
  return router;
}

function application(options: HttpOptions, closing: () => boolean): RequestListener {
  const routers = [healthRoutes(options, closing), ...options.routers];
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('trust proxy', false);
  // Before all else that answers `OPTIONS`: browsers ask by it on behalf of pages.
  if (options.crossOrigin !== undefined) app.use(options.crossOrigin);
  app.use(preflight(routers));
  for (const router of routers) app.use(router);
  return entrance(app, routers, { ...options, closing });
}

/**
 * `h2c` and whatever else we do not speak is an offer that a server may pass over, and one of HTTP/1.0 it must. A request that is
 * refused for what it is addressed to is none to upgrade: it goes on to where that is answered.
 */
const isWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' &&
  request.httpVersion === '1.1' &&
  isAddressed(request);

function serverOf(app: RequestListener, limits: HttpLimits): Server {
  const server = createServer(
    {
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
      shouldUpgradeCallback: isWebSocket,
    },
    app,
  );
  server.maxHeadersCount = limits.headers;
  server.maxConnections = limits.connections;
  return server;
}

/** Who listens everywhere is found on this machine; the address of everywhere is none that anybody could open. */
const HERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': 'localhost' };

const urlOf = (server: Server): string => {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${HERE[address] ?? (family === 'IPv6' ? `[${address}]` : address)}:${port}`;
};

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Opens the platform's one port. @throws what listening throws: `EADDRINUSE` when the port is taken. */
export async function openHttp(options: HttpOptions): Promise<HttpPort> {
  let closed: Promise<void> | undefined;
  const isClosing = () => closed !== undefined;
  const server = serverOf(application(options, isClosing), { ...httpLimits, ...options.limits });
  answerBreaches(server, options.registry);
  // Connections that were upgraded leave the server's own list; closing must reach them too.
  const sockets = new Set<Socket>();
  server.on('request', (_request, response) => {
    response.on('finish', () => {
      if (isClosing()) server.closeIdleConnections();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, options.port, options.host);

  function shut(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = options.clock.at(later(options.clock.now(), graceMs), () => {
        for (const socket of sockets) socket.destroy();
      });
      server.close(() => {
        cancel();
        resolve();
      });
      server.closeIdleConnections();
    });
  }

  return {
    server,
    url: urlOf(server),
    close(graceMs) {
      closed ??= shut(graceMs);
      return closed;
    },
  };
}
