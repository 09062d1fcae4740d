import { z } from 'zod';

// Where engines are, as the settings name them: one URL for each, which holds no secret, so that anybody may be told of it.

/** Where the history is kept: one file of this machine, in the data folder. */
export interface EventStoreAt {
  readonly engine: 'sqlite';
}

/** Files that let us in to an engine. Their contents are read at the start, and told to nobody. */
export interface EngineFiles {
  /** JSON: `{"username": …, "password": …}`. */
  readonly credentials: string | undefined;
  /** Certificates, in PEM, of whoever vouches for the engine. */
  readonly authority: string | undefined;
  /** Our own certificate and its key, in PEM, in one file. */
  readonly certificate: string | undefined;
}

/** Where the read models are kept. */
export type ReadStoreAt =
  | { readonly engine: 'sqlite' }
  | {
      readonly engine: 'mongodb';
      /** With what the driver is told. */
      readonly url: string;
      /** Hosts and database. */
      readonly address: string;
      readonly database: string;
      readonly files: EngineFiles;
    };

const DEFAULT_PREFIX = 'annals';
/** What carries integration events and commands. */
export type BusAt =
  | { readonly engine: 'memory' }
  | {
      readonly engine: 'kafka';
      /** `host:port` each. */
      readonly brokers: readonly string[];
      /** Brokers and prefix. */
      readonly address: string;
      /** What the names of our topics begin with: `annals` of `annals.auctions`. */
      readonly prefix: string;
      readonly tls: boolean;
      readonly files: EngineFiles;
    };

/** What the names of topics begin with, in memory too. */
export const prefixOf = (bus: BusAt): string => (bus.engine === 'kafka' ? bus.prefix : DEFAULT_PREFIX);
/** What the names of topics begin with that are there for replies to commands. */
export const replyPrefixOf = (bus: BusAt): string => `${prefixOf(bus)}.replies.`;

export const noFiles: EngineFiles = Object.freeze({
  credentials: undefined,
  authority: undefined,
  certificate: undefined,
});

export const EventStoreAddress = z
  .literal('sqlite:', 'sqlite: is the one there is')
  .transform((): EventStoreAt => Object.freeze({ engine: 'sqlite' }));

/** Whatever stands before an `@` are credentials. What was given may hold a password, so that no refusal repeats it. */
const CREDENTIALS = /^[a-z+]+:\/\/[^/?]*@|[?&]\w*password=/i;
const belongInFile = (setting: string): string =>
  `credentials belong in the file that ${setting}_CREDENTIALS_FILE names: an address may be told to anybody`;

const MONGODB =
  /^(?<scheme>mongodb(?:\+srv)?:\/\/)(?<hosts>[^@/?\s]+)(?:\/(?<name>[A-Za-z0-9_-]{0,38}))?(?:\?\S*)?$/;

export const ReadStoreAddress = z.string().transform((text, context): ReadStoreAt => {
  if (text === 'sqlite:') return Object.freeze({ engine: 'sqlite' });
  const { scheme, hosts, name } = MONGODB.exec(text)?.groups ?? {};
  if (scheme !== undefined && !CREDENTIALS.test(text)) {
    const database = name || 'annals';
    const address = `${scheme}${hosts}/${database}`;
    return Object.freeze({ engine: 'mongodb', url: text, address, database, files: noFiles });
  }
  const message = CREDENTIALS.test(text)
    ? belongInFile('READ_STORE')
    : 'sqlite:, or mongodb://host,host/database?replicaSet=name with what the driver may be told';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const KAFKA =
  /^kafka:\/\/(?<brokers>[^@/?\s]+)(?:\/(?<prefix>[A-Za-z0-9_-]{0,64}))?(?:\?tls=(?<tls>true|false))?$/;
const BROKER = /^(?:[A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\])(?::(?<port>[1-9]\d{0,4}))?$/;
const MOST_BROKERS = 20;
const KAFKA_PORT = 9092;

/** `host:port` each; undefined where one of them cannot be told. */
function brokersIn(text: string): readonly string[] | undefined {
  const brokers = text.split(',');
  const told = brokers.flatMap((broker) => {
    const found = BROKER.exec(broker);
    const port = Number(found?.groups?.port ?? KAFKA_PORT);
    if (found === null || port > 65_535) return [];
    return [found.groups?.port === undefined ? `${broker}:${port}` : broker];
  });
  return told.length === brokers.length && told.length <= MOST_BROKERS ? told : undefined;
}

export const BusAddress = z.string().transform((text, context): BusAt => {
  if (text === 'memory:') return Object.freeze({ engine: 'memory' });
  const found = KAFKA.exec(text)?.groups;
  const brokers = found && brokersIn(found.brokers ?? '');
  if (brokers !== undefined) {
    const prefix = found?.prefix || DEFAULT_PREFIX;
    const address = `kafka://${brokers.join(',')}/${prefix}`;
    return Object.freeze({
      engine: 'kafka',
      ...{ brokers: Object.freeze(brokers), address, prefix },
      tls: found?.tls === 'true',
      files: noFiles,
    });
  }
  const message = CREDENTIALS.test(text)
    ? belongInFile('BUS')
    : 'memory:, or kafka://host:port,host:port/prefix, perhaps with ?tls=true';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** Where mails to people go. */
export type MailAt =
  /** Nowhere: they are kept in the data folder, to be looked at. */
  | { readonly engine: 'outbox' }
  | {
      readonly engine: 'smtp';
      readonly host: string;
      readonly port: number;
      /** Scheme, host and port. */
      readonly address: string;
      readonly tls: 'from the start' | 'starttls' | 'none';
      /** Without a certificate of ours. */
      readonly files: EngineFiles;
    };

const SMTP =
  /^(?<scheme>smtps?):\/\/(?<host>[A-Za-z0-9.-]{1,255}|\[[0-9a-fA-F:.]+\])(?::(?<port>[1-9]\d{0,4}))?(?:\?tls=(?<tls>false))?$/;
const SMTP_PORTS: Readonly<Record<string, number>> = { smtp: 587, smtps: 465 };

export const MailServerAddress = z.string().transform((text, context): MailAt => {
  if (text === 'outbox:') return Object.freeze({ engine: 'outbox' });
  const { scheme = '', host, port: told, tls } = SMTP.exec(text)?.groups ?? {};
  const port = Number(told ?? SMTP_PORTS[scheme]);
  if (host !== undefined && port <= 65_535 && !(scheme === 'smtps' && tls !== undefined))
    return Object.freeze({
      ...{ engine: 'smtp', port, address: `${scheme}://${host}:${port}`, files: noFiles },
      host: host.replaceAll(/[[\]]/g, ''),
      tls: scheme === 'smtps' ? 'from the start' : tls === undefined ? 'starttls' : 'none',
    });
  const message = CREDENTIALS.test(text)
    ? belongInFile('MAIL')
    : 'outbox:, smtp://host:587 (which demands STARTTLS; ?tls=false sends in plain), or smtps://host:465';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
