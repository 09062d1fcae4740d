import type { Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '#config';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import { eventsByAsyncApi } from '#projections/publishing/asyncapi.ts';
import { prefixOf } from '#runtime/engine-address.ts';
import { serviceLimits } from '#runtime/service/limits.ts';
import { commandsByAsyncApi } from '#write-side/bus/asyncapi.ts';
import { documentation } from '#write-side/rest/documentation.ts';
import type { DevelopmentOperation } from '#write-side/rest/openapi/development.ts';
import type { ServedOperation } from '#write-side/rest/openapi/served.ts';
import { PAYMENT_NOTICES } from '#write-side/rest/paths.ts';
import { topicsDocument } from './asyncapi.ts';
import { registry } from './contexts.ts';
import type { ProcessEngines } from './engines.ts';
import type { Addresses } from './http/addresses.ts';
import type { HttpLimits } from './http/limits.ts';
import type { HttpOptions, HttpPort } from './http.ts';
import { listenBy } from './listening.ts';
import { type AllowedOrigin, crossOrigin, withDocs } from './origins.ts';
import { offered } from './production.ts';

/** Open at once on the port of the other roles. */
const SERVICE_CONNECTIONS = 5_000;

export interface PortsOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Logger;
  /** What everybody may come to. */
  readonly routers: readonly Router[];
  /** What of it is neither a command nor a question, as it is described. */
  readonly served: readonly ServedOperation[];
  /** The conveniences of development among them. */
  readonly development: readonly DevelopmentOperation[];
  /** What other processes of the platform ask; undefined: there are none. */
  readonly forRoles: readonly Router[] | undefined;
  readonly metrics: Router;
  readonly health: HttpOptions['health'];
  readonly limits: Partial<HttpLimits>;
  readonly addresses: Addresses;
  /** The origin that people are sent to, as soon as the port is open. */
  readonly publicUrl: () => string;
  readonly allowedOrigin: AllowedOrigin;
  readonly quotas: Quotas;
}

export interface Ports {
  readonly http: HttpPort;
  /** The operator's; undefined: on the same port as everybody. */
  readonly operations: HttpPort | undefined;
  /** That of the other roles. */
  readonly service: HttpPort | undefined;
}

/** A few processes ask for everybody, so that no address of theirs is bounded as one person's would be. */
const serviceHttpLimits = {
  connections: SERVICE_CONNECTIONS,
  connectionsPerAddress: SERVICE_CONNECTIONS,
  bodyBytes: serviceLimits.requestBytes,
} as const;

/** Whoever sends to the topics, or takes commands from them, tells what they hold. */
function topicsOf(config: Config, version: string): readonly Router[] {
  const { roles, bus } = config;
  if (!roles.includes('publisher') && !roles.includes('write-side')) return [];
  const prefix = prefixOf(bus);
  const parts = () => [
    eventsByAsyncApi(registry, { prefix }),
    commandsByAsyncApi(registry, { prefix, replyPrefixes: config.replyPrefixes }),
  ];
  return [topicsDocument(() => ({ version, bus, parts: parts() }))];
}

/** Opens the port for everybody, the operator's and the other roles' where there is one. @throws UnusableError */
export async function openPorts(
  { newId, machineClock, certificates }: ProcessEngines,
  options: PortsOptions,
): Promise<Ports> {
  const { config, version, log, routers, served, development, metrics, health, limits } = options;
  const { addresses, publicUrl, allowedOrigin, forRoles, quotas } = options;
  const has = offered(config);
  // Whoever decides commands tells how they are sent.
  const documents = [
    ...(config.roles.includes('write-side')
      ? [documentation({ registry, version, development, served, publicUrl })]
      : []),
    ...topicsOf(config, version),
  ];
  const shared = {
    registry,
    newId,
    clock: machineClock,
    addresses,
    health,
    report: (error: unknown, reference: string) => log.error({ err: error, reference }, 'a request failed'),
  };
  await using begun = new AsyncDisposableStack();
  async function open(...[settings, port]: Parameters<typeof listenBy>): Promise<HttpPort> {
    const opened = await listenBy(settings, port);
    begun.defer(() => opened.close(0));
    return opened;
  }
  const operations =
    config.operations &&
    (await open('OPERATIONS_PORT and OPERATIONS_HOST', {
      ...{ ...shared, ...config.operations },
      routers: [metrics, ...documents],
    }));
  const service =
    forRoles &&
    (await open('SERVICE_PORT and SERVICE_HOST', {
      ...{ ...shared, host: config.service.host, port: config.service.port, routers: forRoles },
      healthDetails: false,
      limits: serviceHttpLimits,
      ...(certificates.roles !== undefined && { tls: certificates.roles }),
    }));
  // Everybody's may listen under another address than people know.
  const docsUrls = () => [operations?.url, has.documentation ? opened?.url : undefined];
  let opened: HttpPort | undefined;
  const http = await open('PORT and HOST', {
    ...shared,
    host: config.host,
    port: config.port,
    routers: [...routers, ...(has.metrics ? [metrics] : []), ...(has.documentation ? documents : [])],
    healthDetails: has.health,
    crossOrigin: crossOrigin(withDocs(allowedOrigin, docsUrls)),
    byTls: config.publicUrl?.startsWith('https:') ?? false,
    ...(certificates.people !== undefined && { tls: certificates.people }),
    ration: { perAddress: quotas.perAddress, spared: [PAYMENT_NOTICES] },
    limits,
  });
  opened = http;
  begun.move();
  return { http, operations, service };
}
