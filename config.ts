import { join, resolve } from 'node:path';
import {
  type BusAt,
  type EngineFiles,
  type EventStoreAt,
  type MailAt,
  noFiles,
  type ReadStoreAt,
  replyPrefixOf,
} from '#runtime/engine-address.ts';
import type { House } from '#runtime/house.ts';
import {
  Environment,
  type PlatformRole,
  roles,
  type SimulatedEngine,
  settings,
} from './settings/environment.ts';
import { nameToMail } from './settings/mail-name.ts';
import { missingIn, tokenKeyMissing } from './settings/missing.ts';
import { mistypedIn } from './settings/mistyped.ts';
import { problemsOf } from './settings/problems.ts';
import { set } from './settings/values.ts';

export type { BusAt, EngineFiles, EventStoreAt, MailAt, PlatformRole, ReadStoreAt, SimulatedEngine };
export { roles, settings, tokenKeyMissing };

/** Balancers ask every few seconds, and take one unready answer, or two, for an end. */
const PRODUCTION_SHUTDOWN_DELAY_MS = 5_000;
/** In production, unless it is set. */
const OPERATIONS_PORT = 4001;

/** How this process was set up; nothing else in the platform reads the environment. */
export interface Config {
  readonly production: boolean;
  /** The address to listen on. Only this machine by default: containers set `0.0.0.0`. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /**
   * Where an operator looks: metrics, health with its details, documentation. Not there unless it is set, or in
   * production, where the public port has none of these.
   */
  readonly operations: { readonly host: string; readonly port: number } | undefined;
  /** With which the port speaks TLS and nothing else, by files in PEM; undefined: plain. */
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** The origin that people are sent to; undefined: the address that is listened on. */
  readonly publicUrl: string | undefined;
  /** Origins beside our own whose pages may read what we answer. */
  readonly allowedOrigins: readonly string[];
  /** Hosts whose systems are told that a session is over, although they are none of the internet's. */
  readonly logoutInternalHosts: readonly string[];
  /** Operations of GraphQL that may be asked for by their ids. */
  readonly keptOperations: {
    /** A manifest; undefined: there are none. */
    readonly file: string | undefined;
    /** Nothing else is taken. */
    readonly only: boolean;
  };
  /** Engines that are named as meant to be simulations, in production too. */
  readonly simulated: readonly SimulatedEngine[];
  /** Absolute. Events, views and, in development, the key that signs tokens. */
  readonly dataDir: string;
  /** What this process does. */
  readonly roles: readonly PlatformRole[];
  /** Whether it does everything, so that there is no other process. */
  readonly whole: boolean;
  readonly eventStore: EventStoreAt;
  readonly readStore: ReadStoreAt;
  readonly bus: BusAt;
  /** What the names of topics begin with to which replies to commands may go. */
  readonly replyPrefixes: readonly string[];
  readonly mail: {
    readonly at: MailAt;
    /** The address that mails come from; there where they go somewhere. */
    readonly from: string | undefined;
    /** How we call ourselves to the server; undefined: nobody knows a name with a dot in it, and the machine's own serves. */
    readonly name: string | undefined;
  };
  /** How the processes of one platform reach each other. */
  readonly service: {
    /** Where the write side listens for the other roles. */
    readonly host: string;
    readonly port: number;
    /** Where the other roles find it. */
    readonly url: string | undefined;
    /** A file with the secret that the roles share; undefined: one is made and kept in `dataDir`, in development only. */
    readonly keyFile: string | undefined;
    /**
     * By which they know each other's processes too: a certificate with its key in one file, and whoever vouches for those of all;
     * undefined: they speak in plain.
     */
    readonly tls: { readonly certificateFile: string; readonly authorityFile: string } | undefined;
  };
  /** The keys by which what is about people is sealed. */
  readonly personKeys: {
    /** Absolute: where they are kept. */
    readonly file: string;
    /** A file with the secret that wraps them; undefined: one is made and kept in `dataDir`, in development only. */
    readonly masterKeyFile: string | undefined;
  };
  readonly house: House;
  /** The address of whom the operator wants as an administrator. */
  readonly firstAdmin: string | undefined;
  readonly logLevel: Environment['LOG_LEVEL'];
  /** `simulated` stands still until it is told to move: for the demo. */
  readonly clock: 'system' | 'simulated';
  /** Whether anybody may ask for a token of anyone; never in production. */
  readonly devTokens: boolean;
  /** Whether people may let a shell in by the code of a device (`cli sign-in`). */
  readonly consoleSignIn: boolean;
  readonly tokens: {
    /** A file with the JSON Web Key (Ed25519); undefined: one is made and kept in `dataDir`, in development only. */
    readonly keyFile: string | undefined;
    readonly issuer: string;
    readonly audience: string;
    /** Where the keys are of whoever else issues tokens; undefined: we do. */
    readonly jwksUrl: string | undefined;
    /** Where in their tokens the roles stand. */
    readonly rolesClaim: string;
  };
  /** What the payment provider signs its webhooks with; undefined: the simulated provider makes one up at start. */
  readonly webhookSecret: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed: addresses, and blocks as `10.0.0.0/8`. */
  readonly trustedProxies: readonly string[];
  /** Open at once on the port, and of one address of IPv4 or one /64 of IPv6. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Points that one network and one person may spend in a minute: a request, or a field at the root of an operation, is one. */
  readonly rates: { readonly perAddress: number; readonly perPerson: number };
  /** For how long a stop says that it is not ready, and takes work all the same, so that balancers see it. */
  readonly shutdownDelayMs: number;
  /** The one loss of events that is accepted, by the word that the refusal to start gives: `<position>-<digest>`. */
  readonly acceptedLoss: string | undefined;
}

/** Every problem of the environment at once, one a line: nobody should meet them one start at a time. */
export class ConfigError extends Error {
  readonly code = 'unusable';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The settings that name a port. */
export type PortSettings =
  | 'PORT and HOST'
  | 'OPERATIONS_PORT and OPERATIONS_HOST'
  | 'SERVICE_PORT and SERVICE_HOST';

/** The settings that name a file which is read at the start. */
export type FileSettings =
  | 'TOKEN_KEY_FILE'
  | `TLS_${'CERT' | 'KEY'}_FILE`
  | `SERVICE_${'KEY' | 'CERTIFICATE' | 'CA'}_FILE`
  | 'MASTER_KEY_FILE'
  | 'PERSON_KEYS_FILE'
  | 'KEPT_OPERATIONS_FILE'
  | `${'READ_STORE' | 'BUS'}_${'CREDENTIALS' | 'CA' | 'CERTIFICATE'}_FILE`
  | `MAIL_${'CREDENTIALS' | 'CA'}_FILE`;

/** A setting that is well-formed, but names what this machine cannot give; one line. */
export class UnusableError extends Error {
  readonly code = 'unusable';
  constructor(setting: 'DATA_DIR' | '--data' | 'READ_STORE' | FileSettings | PortSettings, why: string) {
    super(`${setting} cannot be used: ${why}`);
    this.name = 'UnusableError';
  }
}

const filesOf = (environment: Environment, setting: 'READ_STORE' | 'BUS'): EngineFiles =>
  Object.freeze({
    credentials: environment[`${setting}_CREDENTIALS_FILE`],
    authority: environment[`${setting}_CA_FILE`],
    certificate: environment[`${setting}_CERTIFICATE_FILE`],
  });

/** Both files are set, or neither is. */
const publicTlsOf = ({ TLS_CERT_FILE, TLS_KEY_FILE }: Environment): Config['tls'] =>
  TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined
    ? undefined
    : Object.freeze({ certificateFile: TLS_CERT_FILE, keyFile: TLS_KEY_FILE });

const serviceTlsOf = ({
  SERVICE_CERTIFICATE_FILE,
  SERVICE_CA_FILE,
}: Environment): Config['service']['tls'] =>
  SERVICE_CERTIFICATE_FILE === undefined || SERVICE_CA_FILE === undefined
    ? undefined
    : Object.freeze({ certificateFile: SERVICE_CERTIFICATE_FILE, authorityFile: SERVICE_CA_FILE });

/** An engine's address with the files that let us in. */
const withFiles = <At extends ReadStoreAt | BusAt | MailAt>(at: At, files: EngineFiles): At =>
  'files' in at ? (Object.freeze({ ...at, files }) as At) : at;

/** What of the environment may have been meant as a setting, and is none: a sentence each. */
export const mistyped = (environment: NodeJS.ProcessEnv = process.env): readonly string[] =>
  mistypedIn(environment);

/** What a start with these roles would be refused for besides all that {@link readConfig} refuses: a line each, as of {@link ConfigError}. */
export const missing = (
  chosen: readonly PlatformRole[],
  environment: NodeJS.ProcessEnv = process.env,
): readonly string[] => missingIn(environment, chosen);

const mailOf = (environment: Environment): Config['mail'] =>
  Object.freeze({
    at: withFiles(environment.MAIL, {
      ...noFiles,
      credentials: environment.MAIL_CREDENTIALS_FILE,
      authority: environment.MAIL_CA_FILE,
    }),
    from: environment.MAIL_FROM,
    name: nameToMail(environment),
  });

/**
 * Reads the environment.
 * @param chosen what this process does of the platform's work
 * @throws ConfigError naming every problem
 */
export function readConfig(
  environment: NodeJS.ProcessEnv = process.env,
  chosen: readonly PlatformRole[] = roles,
): Config {
  const parsed = Environment.safeParse(set(environment));
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  const known = parsed.data;
  const mine = roles.filter((role) => chosen.includes(role));
  const production = known.NODE_ENV === 'production';
  const operationsPort = known.OPERATIONS_PORT ?? (production ? OPERATIONS_PORT : undefined);
  const problems = problemsOf(known, mine, operationsPort);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    production,
    host: known.HOST,
    port: known.PORT,
    operations:
      operationsPort === undefined
        ? undefined
        : Object.freeze({ host: known.OPERATIONS_HOST ?? '127.0.0.1', port: operationsPort }),
    tls: publicTlsOf(known),
    publicUrl: known.PUBLIC_URL,
    allowedOrigins: Object.freeze(known.ALLOWED_ORIGINS),
    logoutInternalHosts: Object.freeze(known.LOGOUT_INTERNAL_HOSTS),
    keptOperations: Object.freeze({ file: known.KEPT_OPERATIONS_FILE, only: known.KEPT_OPERATIONS_ONLY }),
    simulated: Object.freeze(known.SIMULATED),
    dataDir: resolve(known.DATA_DIR),
    roles: Object.freeze(mine),
    whole: mine.length === roles.length,
    eventStore: known.EVENT_STORE,
    readStore: withFiles(known.READ_STORE, filesOf(known, 'READ_STORE')),
    bus: withFiles(known.BUS, filesOf(known, 'BUS')),
    replyPrefixes: Object.freeze(known.BUS_REPLY_PREFIXES ?? [replyPrefixOf(known.BUS)]),
    mail: mailOf(known),
    service: Object.freeze({
      host: known.SERVICE_HOST,
      port: known.SERVICE_PORT,
      url: known.SERVICE_URL,
      keyFile: known.SERVICE_KEY_FILE,
      tls: serviceTlsOf(known),
    }),
    personKeys: Object.freeze({
      file: resolve(known.PERSON_KEYS_FILE ?? join(known.DATA_DIR, 'keys.db')),
      masterKeyFile: known.MASTER_KEY_FILE,
    }),
    house: Object.freeze({ name: known.HOUSE_NAME, contact: known.HOUSE_CONTACT }),
    firstAdmin: known.FIRST_ADMIN,
    logLevel: known.LOG_LEVEL,
    clock: known.CLOCK,
    devTokens: known.DEV_TOKENS ?? !production,
    consoleSignIn: known.CONSOLE_SIGN_IN,
    tokens: Object.freeze({
      keyFile: known.TOKEN_KEY_FILE,
      issuer: known.TOKEN_ISSUER,
      audience: known.TOKEN_AUDIENCE,
      jwksUrl: known.TOKEN_JWKS_URL,
      rolesClaim: known.TOKEN_ROLES_CLAIM,
    }),
    webhookSecret: known.WEBHOOK_SECRET,
    trustedProxies: Object.freeze(known.TRUSTED_PROXIES),
    maxConnections: known.MAX_CONNECTIONS,
    maxConnectionsPerAddress: known.MAX_CONNECTIONS_PER_ADDRESS,
    rates: Object.freeze({ perAddress: known.RATE_PER_ADDRESS, perPerson: known.RATE_PER_PERSON }),
    shutdownDelayMs: known.SHUTDOWN_DELAY_MS ?? (production ? PRODUCTION_SHUTDOWN_DELAY_MS : 0),
    acceptedLoss: known.ACCEPT_HISTORY_END,
  });
}
