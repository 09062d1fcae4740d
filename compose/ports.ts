import type { Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '#config';
import { documentation } from '#write-side/rest/documentation.ts';
import type { DevelopmentOperation } from '#write-side/rest/openapi/development.ts';
import { registry } from './contexts.ts';
import type { Engines } from './engines.ts';
import type { Addresses } from './http/addresses.ts';
import type { HttpLimits } from './http/limits.ts';
import type { HttpOptions, HttpPort } from './http.ts';
import { listenBy } from './listening.ts';
import { type AllowedOrigin, crossOrigin } from './origins.ts';
import { offered } from './production.ts';

export interface PortsOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Logger;
  /** What everybody may come to. */
  readonly routers: readonly Router[];
  /** The conveniences of development among them. */
  readonly development: readonly DevelopmentOperation[];
  readonly metrics: Router;
  readonly health: HttpOptions['health'];
  readonly limits: Partial<HttpLimits>;
  readonly addresses: Addresses;
  /** The origin that people are sent to, as soon as the port is open. */
  readonly publicUrl: () => string;
  readonly allowedOrigin: AllowedOrigin;
}

export interface Ports {
  readonly http: HttpPort;
  /** The operator's; undefined: on the same port as everybody. */
  readonly operations: HttpPort | undefined;
}

/** Opens the port for everybody, and the operator's where there is one. @throws UnusableError */
export async function openPorts({ newId, machineClock }: Engines, options: PortsOptions): Promise<Ports> {
  const {
    config,
    version,
    log,
    routers,
    development,
    metrics,
    health,
    limits,
    addresses,
    publicUrl,
    allowedOrigin,
  } = options;
  const has = offered(config);
  const documents = documentation({ registry, version, development, publicUrl });
  const shared = {
    registry,
    newId,
    clock: machineClock,
    addresses,
    health,
    report: (error: unknown, reference: string) => log.error({ err: error, reference }, 'a request failed'),
  };
  const operations =
    config.operations &&
    (await listenBy('OPERATIONS_PORT and OPERATIONS_HOST', {
      ...shared,
      ...config.operations,
      routers: [metrics, documents],
    }));
  const http = await listenBy('PORT and HOST', {
    ...shared,
    host: config.host,
    port: config.port,
    routers: [...routers, ...(has.metrics ? [metrics] : []), ...(has.documentation ? [documents] : [])],
    healthDetails: has.health,
    crossOrigin: crossOrigin(allowedOrigin),
    limits,
  }).catch(async (error: unknown) => {
    await operations?.close(0);
    throw error;
  });
  return { http, operations };
}
