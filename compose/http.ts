import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import { later } from '#domain/kernel/instant.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Internal, Invalid, NotFound, Rejected } from '#domain/kernel/rejections.ts';
import { sendRejection } from '#write-side/rest/answer.ts';
import { BodyRefused } from '#write-side/rest/body.ts';
import { answerBreaches } from './breaches.ts';

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
  /** Told of every error that became `internal`, with the reference the caller got. */
  readonly report: (error: unknown, reference: string) => void;
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

const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

function frame(newId: NewId, closing: () => boolean): RequestHandler {
  return (request, response, next) => {
    // Whoever reads the address of a request further on can rely on it.
    if (!URL.canParse(request.url, `http://${request.headers.host ?? ''}`))
      throw new Rejected(Invalid({ issues: [{ path: 'Host', problem: 'missing, or no host' }] }));
    const given = request.get('X-Request-Id') ?? '';
    response.set({
      'X-Request-Id': REQUEST_ID.test(given) ? given : newId(),
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    if (closing()) response.set('Connection', 'close');
    next();
  };
}

function healthRoutes(health: HttpOptions['health'], closing: () => boolean): Router {
  const router = express.Router();
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  router.get('/health/ready', async (_request, response) => {
    const components = await health();
    const ready = !closing() && Object.values(components).every((component) => component.ready);
    const status = closing() ? 'closing' : ready ? 'ready' : 'not-ready';
    response.status(ready ? 200 : 503).json({ status, components });
  });
  return router;
}

/** Express and its parsers mark what is the client's fault by a status of 4xx: a path that is no URI, for example. */
const isClientError = (error: unknown): error is Error & { readonly status: number } =>
  error instanceof Error &&
  'status' in error &&
  typeof error.status === 'number' &&
  error.status >= 400 &&
  error.status < 500;

function rejectionOf(error: unknown, reference: string) {
  if (error instanceof Rejected) return error.rejection;
  if (isClientError(error)) return Invalid({ issues: [{ path: '', problem: error.message.slice(0, 200) }] });
  return Internal({ reference });
}

function answerErrors({ registry, report }: HttpOptions): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const reference = String(response.getHeader('X-Request-Id'));
    const rejection = rejectionOf(error, reference);
    if (rejection.code === 'internal') report(error, reference);
    if (response.headersSent) {
      request.socket.destroy();
      return;
    }
    // The rest of a body that nobody read still stands in the connection: it cannot carry another request.
    if (!request.complete) response.set('Connection', 'close');
    const status = error instanceof BodyRefused || isClientError(error) ? error.status : undefined;
    sendRejection(response, rejection, { registry, ...(status === undefined ? {} : { status }) });
  };
}

function application(options: HttpOptions, closing: () => boolean): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('trust proxy', false);
  app.use(frame(options.newId, closing));
  app.use(healthRoutes(options.health, closing));
  for (const router of options.routers) app.use(router);
  app.use(() => {
    throw new Rejected(NotFound({ what: 'path' }));
  });
  app.use(answerErrors(options));
  return app;
}

/** `h2c` and whatever else we do not speak is an offer that a server may pass over. */
const isWebSocket = ({ headers, httpVersion }: IncomingMessage): boolean =>
  // RFC 9110, 7.8: in a request of HTTP/1.0 it is passed over too.
  httpVersion !== '1.0' && headers.upgrade?.toLowerCase() === 'websocket';

function serverOf(app: Express, limits: HttpLimits): Server {
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
    app as (request: IncomingMessage, response: object) => void,
  );
  server.maxHeadersCount = limits.headers;
  server.maxConnections = limits.connections;
  return server;
}

const urlOf = (server: Server): string => {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
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
