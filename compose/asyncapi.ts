import { isDeepStrictEqual } from 'node:util';
import { Router } from 'express';
import type { BusAt } from '#config';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { AsyncApiPart } from '#projections/publishing/asyncapi.ts';

export interface AsyncApiOptions {
  /** Of the platform. */
  readonly version: string;
  readonly bus: BusAt;
  /** What there is to say: of events, of commands. */
  readonly parts: readonly AsyncApiPart[];
}

const ABOUT = `What has happened in the platform, told by topics: CloudEvents 1.0 in structured mode, each at least once and in the order of
its stream. Amounts are whole minor units as decimal strings. What is secret, or would tell it, is left out.`;

/** @throws TypeError when two parts say different things under one name */
function joined(parts: readonly JsonObject[]): JsonObject {
  const all: Record<string, JsonObject[string]> = {};
  for (const [name, said] of parts.flatMap((part) => Object.entries(part))) {
    if (name in all && !isDeepStrictEqual(all[name], said))
      throw new TypeError(`${name} is described in two ways`);
    all[name] = said;
  }
  return all;
}

/** Brokers by the numbers that they are listed under; a bus in this process has no address. */
function serversOf(bus: BusAt): JsonObject {
  if (bus.engine === 'memory') return {};
  const protocol = bus.tls ? 'kafka-secure' : 'kafka';
  const servers = bus.brokers.map((host, at) => [`kafka${at + 1}`, { host, protocol }]);
  return { servers: Object.fromEntries(servers) };
}

/** The topics of the platform as one document by AsyncAPI 3. @throws TypeError when its parts contradict each other */
export const asyncApi = ({ version, bus, parts }: AsyncApiOptions): JsonObject => ({
  asyncapi: '3.0.0',
  info: { title: 'Annals', version, description: ABOUT },
  defaultContentType: 'application/json',
  ...serversOf(bus),
  channels: joined(parts.map(({ channels }) => channels)),
  operations: joined(parts.map(({ operations }) => operations)),
  components: {
    messages: joined(parts.map(({ components }) => components.messages)),
    schemas: joined(parts.map(({ components }) => components.schemas)),
  },
});

/** `GET /asyncapi.json`: what the topics hold, for machines. Described when first asked for: it would take a tenth of a start. */
export function topicsDocument(described: () => AsyncApiOptions): Router {
  let description: string | undefined;
  return Router({ caseSensitive: true, strict: true }).get('/asyncapi.json', (_request, response) => {
    description ??= JSON.stringify(asyncApi(described()));
    response.type('application/json').send(description);
  });
}
