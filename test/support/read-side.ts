import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express from 'express';
import { accounts } from '#compose/contexts/accounts.ts';
import { auctions } from '#compose/contexts/auctions.ts';
import type { Manifest } from '#compose/contexts/manifest.ts';
import { wallets } from '#compose/contexts/wallets.ts';
import { operations } from '#compose/contexts.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { lookAfter } from '#compose/http/connections.ts';
import { takeInByTurns } from '#compose/http/intake.ts';
import { type HttpLimits, httpLimits } from '#compose/http/limits.ts';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { quotasOf } from '#compose/quotas.ts';
import { memoryStores } from '#compose/stores.ts';
import { RecordReading } from '#domain/auctions/inspector/messages.ts';
import { Role } from '#domain/kernel/actor.ts';
import type { Dispatch, Position } from '#domain/kernel/envelope.ts';
import { Instant } from '#domain/kernel/instant.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { Unauthenticated } from '#domain/kernel/rejections.ts';
import { afterwards } from '#engines/afterwards.ts';
import type { SimulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { revocationsHere } from '#engines/tokens/revocations.ts';
import { startViews } from '#projections/runtime/views.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import { graphqlServer } from '#read-api/server.ts';
import { turns } from '#runtime/turns.ts';
import { metadata } from './given.ts';
import { givenPlatform, someone } from './platform.ts';

// The read side as it runs, on stores in memory and a loopback port, for tests that speak to it as a client does.

/** A token of the tests: `ann:bidder,seller`, or with its end `ann:bidder@2026-03-01T12:00:00.000Z`. `nobody` is refused. */
async function authenticate(token: string) {
  const [said = '', end = '2100-01-01T00:00:00.000Z'] = token.split('@');
  const [id = '', roles = ''] = said.split(':');
  if (id === 'nobody') return Unauthenticated({});
  const actor = someone(id, ...roles.split(',').map((role) => Role.parse(role)));
  return { actor, expiresAt: Instant.parse(end), token: {}, steppedUp: false };
}

export interface Logged {
  readonly details: object;
  readonly message: string;
}

export interface ReadSide {
  readonly store: EventStore;
  readonly personKeys: PersonKeys;
  /** Its own write side. */
  readonly dispatch: Dispatch;
  /** The business's, by which tokens end. */
  readonly clock: SimulatedClock;
  readonly url: string;
  readonly socketUrl: string;
  /** What the log was told as an error. */
  readonly errors: readonly Logged[];
  /** Bytes that this side has written and nobody's system has taken, on all connections together. */
  unreadBytes(): number;
  /** Connections that are open on this side. */
  connections(): number;
  /** Appends events to the end of a stream; the position of the last. */
  append(stream: string, ...events: readonly NewEvent[]): Promise<Position>;
  /** Posts an operation and answers with what came back. */
  ask(query: string, variables?: object, token?: string): Promise<Answer>;
  /** Ends the server alone; `close` does too. */
  closeServer(reason: string): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions: { code: string; details?: unknown };
  }[];
}

/** On a port of the loopback; with the connections that are open. */
async function listening(server: Server) {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { open, url: `http://127.0.0.1:${port}/graphql` };
}
/** Of accounts also what goes on behind a command; of the others a test appends what it needs. */
const writeSideOf = (contexts: readonly Manifest[], personKeys: PersonKeys, reactions = accounts.reactions) =>
  givenPlatform({
    personKeys,
    contexts: contexts.map(({ messages }) => messages),
    deciders: contexts.flatMap(({ deciders }) => deciders),
    workflows: accounts.workflows,
    reactions,
  });

export async function givenReadSide(
  options: {
    readonly limits?: Partial<ReadLimits>;
    /** Of the port, which looks after every connection. */
    readonly portLimits?: Partial<HttpLimits>;
    readonly dispatch?: Dispatch;
    readonly allowedOrigin?: (origin: string) => boolean;
    readonly perPerson?: number;
    /** Points that each network has a minute. */
    readonly perAddress?: number;
    readonly recording?: (own: Dispatch) => Dispatch;
    /** A context of the test's own, beside those of the platform. */
    readonly scratch?: Manifest;
    /** Those of accounts, where a test leaves some out. */
    readonly reactions?: Manifest['reactions'];
  } = {},
): Promise<ReadSide> {
  const { recording = (own) => own } = options;
  const contexts = [auctions, wallets, accounts, ...(options.scratch ? [options.scratch] : [])];
  const personKeys = temporaryPersonKeys();
  const platform = writeSideOf(contexts, personKeys, options.reactions);
  const { store, registry, newId } = platform;
  const clock = systemClock();
  const feed = eventFeed(store, { clock });
  const { readStore } = memoryStores();
  const { consumers } = readStore;
  const consume = consumerLoop({ feed, store, consumers, registry, clock, owner: newId() });
  const folded = contexts.flatMap(({ views }) => views);
  const views = await startViews({ views: folded, consume, readStore, clock });
  const errors: Logged[] = [];
  const logger: Log = {
    info() {},
    warn() {},
    error: (details, message) => void errors.push({ details, message }),
  };
  const addresses = addressesBehind([]);
  const graphql = graphqlServer({
    registry,
    recordInsight: RecordReading,
    operations: [...operations, ...(options.scratch ? [options.scratch.operations] : [])],
    // What people are shown is recorded, whatever becomes of what they send.
    dispatch: (envelope) =>
      envelope.command === RecordReading.type
        ? recording(platform.pipeline.dispatch)(envelope)
        : (options.dispatch ?? platform.pipeline.dispatch)(envelope),
    views: views.reader,
    ...{ store, feed, personKeys, authenticate, addressOf: addresses.of },
    quotas: quotasOf({ rates: { perAddress: options.perAddress ?? 1_000_000, perPerson: 1_000_000 } }),
    perPerson: turns({ atWork: options.perPerson ?? 1_000, waiting: 0 }, afterwards),
    clock,
    businessClock: platform.clock,
    revocations: revocationsHere(platform.clock),
    newId,
    logger,
    graphiql: true,
    ...(options.limits && { limits: options.limits }),
    ...(options.allowedOrigin && { allowedOrigin: options.allowedOrigin }),
  });
  const app = express();
  app.use(graphql.handler);
  const server = createServer(app);
  graphql.attach(server);
  const limits = { ...httpLimits, ...options.portLimits };
  const takeIn = takeInByTurns(limits.slicesAtOnce, afterwards);
  const connections = lookAfter(server, { limits, clock, addresses, takeIn, refusal: () => '' });
  const { open, url } = await listening(server);

  return {
    store,
    personKeys,
    dispatch: platform.pipeline.dispatch,
    clock: platform.clock,
    url,
    socketUrl: url.replace('http', 'ws'),
    errors,
    unreadBytes: () => [...open].reduce((sum, { writableLength }) => sum + writableLength, 0),
    connections: () => open.size,
    async append(stream, ...events) {
      const how = {
        ...{ ...metadata, occurredAt: clock.now(), commandId: newId() },
        origin: { channel: 'http', address: '203.0.113.9' },
      };
      const appended = await store.append(
        stream,
        'any',
        events.map((event) => ({
          eventId: newId(),
          type: event.type,
          data: registry.encode(event),
          metadata: { ...how, version: registry.events.get(event.type)?.version ?? 1 },
        })),
      );
      if (appended.status !== 'appended') throw new Error('a test appends without conflict');
      return appended.position;
    },
    async ask(query, variables = {}, token) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },
    closeServer: (reason) => graphql.close(reason),
    async close() {
      await graphql.close('the test has ended');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      connections.stop();
      await views.stop();
      await feed.close();
      await store.close();
    },
  };
}
