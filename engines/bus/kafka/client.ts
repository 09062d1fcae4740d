import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactoryArgs, Kafka as KafkaClass, LogEntry, RetryOptions, SASLOptions } from 'kafkajs';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { Kafka, logLevel } from './driver.ts';

export interface KafkaOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** Brokers and prefix, as they may be told. */
  readonly address: string;
  /** Who we say that we are. */
  readonly prefix: string;
  readonly tls: boolean;
  readonly credentials?:
    | {
        readonly username: string;
        readonly password: string;
        /** Default `scram-sha-512`. */
        readonly mechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
      }
    | undefined;
  /** Certificates, in PEM, of whoever vouches for the brokers. */
  readonly authority?: string | undefined;
  /** Our own certificate and its key, in PEM. */
  readonly certificate?: string | undefined;
  /** For pauses: a steady one. */
  readonly clock: Clock;
  readonly log: Log;
}

/** The driver's patience, in milliseconds, with whoever asks. */
export interface Patience {
  /** Of one request; longer where the request itself waits. */
  readonly requestMs: number;
  readonly retry: RetryOptions;
}

/** For whoever has a deadline of their own and asks again. */
export const hasty: Patience = {
  requestMs: 3_000,
  retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
};
/** For consumers: what the driver retries by itself keeps its place in the group; after a crash it is a new member. */
export const patient: Patience = {
  requestMs: 6_000,
  retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 1_000_000_000 },
};

const CONNECT_MS = 2_000;
const AUTHENTICATE_MS = 3_000;
const KEEP_ALIVE_MS = 60_000;
/** The same complaint is told so often. */
const COMPLAINT_MS = 30_000;
const MOST_COMPLAINTS = 100;

/** What it warns of is seen to: behind a failure the same batch follows, or another producer. */
const SEEN_TO = 'Limiting retries for the idempotent producer';

/** What it says, and why where it says that beside it. */
function textOf({ message, error, reason }: LogEntry['log']): string {
  const why = [error, reason].find((told) => typeof told === 'string' && !message.includes(told));
  return why === undefined ? message : `${message}: ${why}`;
}

/** What the driver says, each thing once in a while: it says it again with each try, and of each client. */
export function complaintsTo({ log, clock, address }: KafkaOptions) {
  const told = new Map<string, number>();
  let last: string | undefined;
  return {
    /** What it has said last of what does not work. */
    last: (): string | undefined => last,
    tell({ namespace, level, log: entry }: LogEntry): void {
      const message = textOf(entry);
      if (message.startsWith(SEEN_TO)) return;
      if (level === logLevel.ERROR) last = message;
      const what = `${namespace}: ${message}`;
      const nowMs = millisecondsOf(clock.now());
      if (nowMs - (told.get(what) ?? Number.NEGATIVE_INFINITY) < COMPLAINT_MS) return;
      if (told.size >= MOST_COMPLAINTS) told.clear();
      told.set(what, nowMs);
      log.warn({ engine: address, part: namespace }, `kafkajs: ${message}`);
    },
  };
}

/** What the clients of one bus share. */
export interface Connecting extends KafkaOptions {
  readonly complaints: ReturnType<typeof complaintsTo>;
}

/** A client of which nothing is left behind once it has ended, whatever the driver is at. */
export interface KafkaClient {
  readonly kafka: KafkaClass;
  /** Every connection, at once; none is made any more. The driver alone waits for what a hung broker does not answer. */
  end(): void;
}

function saslOf(credentials: NonNullable<KafkaOptions['credentials']>): SASLOptions {
  const { username, password, mechanism = 'scram-sha-512' } = credentials;
  return { mechanism, username, password };
}

/** @param heard what the driver says, each time */
export function kafkaClient(
  options: Connecting,
  { requestMs, retry }: Patience,
  heard: (entry: LogEntry) => void = () => undefined,
): KafkaClient {
  const { brokers, prefix, tls, credentials, authority, certificate, complaints } = options;
  const sockets = new Set<Socket>();
  let ended = false;

  function socketFactory({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    if (ended) throw new Error('this client is not used any more');
    const name = isIP(host) ? {} : { servername: host };
    const socket = ssl
      ? connectTls({ host, port, ...name, ...ssl }, onConnect)
      : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }

  const kafka = new Kafka({
    clientId: prefix,
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS,
    authenticationTimeout: AUTHENTICATE_MS,
    requestTimeout: requestMs,
    retry,
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      if (ended) return;
      complaints.tell(entry);
      heard(entry);
    },
    ...(tls && {
      ssl: {
        ...(authority !== undefined && { ca: authority }),
        ...(certificate !== undefined && { cert: certificate, key: certificate }),
      },
    }),
    ...(credentials !== undefined && { sasl: saslOf(credentials) }),
  });

  return {
    kafka,
    end() {
      ended = true;
      // With an error, or the driver does not hear of it.
      for (const socket of sockets) socket.destroy(new Error('this client is not used any more'));
    },
  };
}
