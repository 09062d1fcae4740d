import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  BusAddress,
  type BusAt,
  type EngineFiles,
  EventStoreAddress,
  type EventStoreAt,
  ReadStoreAddress,
  type ReadStoreAt,
} from '#runtime/engine-address.ts';

export type { BusAt, EngineFiles, EventStoreAt, ReadStoreAt };

/** An empty variable is one that is not set: that is how shells and compose files leave them. */
const set = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));

/** Bits of an address, by its version. */
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** An address, or a block of them as `10.0.0.0/8`. A block of all addresses would let everybody say who they are. */
function isProxy(entry: string): boolean {
  const [address = '', bits, ...more] = entry.split('/');
  const most = BITS[isIP(address)];
  if (most === undefined || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most);
}

const wholeNumber = (least: number, most: number) => {
  const problem = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, problem)
    .transform(Number)
    .refine((number) => number >= least && number <= most, problem);
};
const Port = wholeNumber(0, 65_535);

/** What can be had as a simulation of itself, and has to be named as meant where it is not development. */
const simulatedEngines = ['payments'] as const;
export type SimulatedEngine = (typeof simulatedEngines)[number];

const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Names of every address, or of none: nobody can be sent there. */
const NO_PLACE = /^(0\.0\.0\.0|\[::\])$|\*/;
const isOrigin = (url: URL): boolean =>
  /^https?:$/.test(url.protocol) && !NO_PLACE.test(url.hostname) && url.href === `${url.origin}/`;
/** As browsers write it: a default port is left out, a name is in small letters. */
const Origin = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url !== null && text.length <= 255 && isOrigin(url)) return url.origin;
  context.addIssue({
    code: 'custom',
    message: 'http or https, a host, perhaps a port, and nothing behind it: https://auctions.example',
  });
  return z.NEVER;
});

/** What a process may do of the platform's work; all of it by default. */
export const roles = ['write-side', 'projections', 'sagas', 'read-api', 'publisher'] as const;
export type PlatformRole = (typeof roles)[number];

const Environment = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().max(255).default('127.0.0.1'),
  PORT: Port.default(4000),
  OPERATIONS_HOST: z.string().max(255).default('127.0.0.1'),
  OPERATIONS_PORT: Port.optional(),
  PUBLIC_URL: Origin.optional(),
  ALLOWED_ORIGINS: z.string().transform(list).pipe(z.array(Origin).max(100)).default([]),
  SIMULATED: z
    .string()
    .transform(list)
    .pipe(z.array(z.enum(simulatedEngines)))
    .default([]),
  DATA_DIR: z.string().default('./data'),
  EVENT_STORE: EventStoreAddress.default({ engine: 'sqlite' }),
  READ_STORE: ReadStoreAddress.default({ engine: 'sqlite' }),
  READ_STORE_CREDENTIALS_FILE: z.string().optional(),
  READ_STORE_CA_FILE: z.string().optional(),
  READ_STORE_CERTIFICATE_FILE: z.string().optional(),
  BUS: BusAddress.default({ engine: 'memory' }),
  BUS_CREDENTIALS_FILE: z.string().optional(),
  BUS_CA_FILE: z.string().optional(),
  BUS_CERTIFICATE_FILE: z.string().optional(),
  SERVICE_HOST: z.string().max(255).default('127.0.0.1'),
  SERVICE_PORT: Port.default(4002),
  SERVICE_URL: Origin.optional(),
  SERVICE_KEY_FILE: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CLOCK: z.enum(['system', 'simulated']).default('system'),
  DEV_TOKENS: z.stringbool().optional(),
  TOKEN_KEY_FILE: z.string().optional(),
  TOKEN_ISSUER: z.string().min(1).max(255).default('annals'),
  TOKEN_AUDIENCE: z.string().min(1).max(255).default('annals'),
  WEBHOOK_SECRET: z.string().min(32, 'at least 32 characters').max(255).optional(),
  TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine(
      (entries) => entries.length <= 100 && entries.every(isProxy),
      'at most 100 addresses or blocks, as 192.0.2.1 or 10.0.0.0/8, with commas between them',
    )
    .default([]),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(5_000),
  MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(500),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 600_000).optional(),
  ACCEPT_HISTORY_END: z
    .string()
    .regex(
      /^(0|[1-9]\d{0,38})-[0-9a-f]{8}$/,
      'a position and what was lost, as the refusal to start gives it',
    )
    .optional(),
});
type Environment = z.output<typeof Environment>;
/** All that is read of the environment, by name. */
export const settings: readonly string[] = Object.keys(Environment.shape);

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
  /** The origin that people are sent to; undefined: the address that is listened on. */
  readonly publicUrl: string | undefined;
  /** Origins beside our own whose pages may read what we answer. */
  readonly allowedOrigins: readonly string[];
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
  /** How the processes of one platform reach each other. */
  readonly service: {
    /** Where the write side listens for the other roles. */
    readonly host: string;
    readonly port: number;
    /** Where the other roles find it. */
    readonly url: string | undefined;
    /** A file with the secret that the roles share; undefined: one is made and kept in `dataDir`, in development only. */
    readonly keyFile: string | undefined;
  };
  readonly logLevel: Environment['LOG_LEVEL'];
  /** `simulated` stands still until it is told to move: for the demo. */
  readonly clock: 'system' | 'simulated';
  /** Whether anybody may ask for a token of anyone; never in production. */
  readonly devTokens: boolean;
  readonly tokens: {
    /** A file with the JSON Web Key (Ed25519); undefined: one is made and kept in `dataDir`, in development only. */
    readonly keyFile: string | undefined;
    readonly issuer: string;
    readonly audience: string;
  };
  /** What the payment provider signs its webhooks with; undefined: the simulated provider makes one up at start. */
  readonly webhookSecret: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed: addresses, and blocks as `10.0.0.0/8`. */
  readonly trustedProxies: readonly string[];
  /** Open at once on the port, and of one address of IPv4 or one /64 of IPv6. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
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
export type PortSettings = 'PORT and HOST' | 'OPERATIONS_PORT and OPERATIONS_HOST';

/** A setting that is well-formed, but names what this machine cannot give; one line. */
export class UnusableError extends Error {
  readonly code = 'unusable';
  constructor(setting: 'DATA_DIR' | '--data' | 'TOKEN_KEY_FILE' | PortSettings, why: string) {
    super(`${setting} cannot be used: ${why}`);
    this.name = 'UnusableError';
  }
}

/** What may not be left to defaults, or switched on, where real money moves. */
function productionProblems(environment: Environment): readonly string[] {
  if (environment.NODE_ENV !== 'production') return [];
  return [
    ...(environment.DEV_TOKENS === true
      ? ['DEV_TOKENS: anybody could become anyone; not in production']
      : []),
    ...(environment.CLOCK === 'simulated' ? ['CLOCK: a simulated clock is not for production'] : []),
    ...(environment.TOKEN_KEY_FILE === undefined
      ? ['TOKEN_KEY_FILE: production needs the key that tokens are verified with']
      : []),
    ...(environment.WEBHOOK_SECRET === undefined
      ? ['WEBHOOK_SECRET: production needs the secret that webhooks are signed with']
      : []),
    ...(environment.PUBLIC_URL === undefined
      ? ['PUBLIC_URL: production needs the address that people are sent to, such as https://auctions.example']
      : []),
    // There is no other payment provider yet.
    ...(environment.SIMULATED.includes('payments')
      ? []
      : [
          'SIMULATED: the payment provider is a simulated one, which moves no money and lets whoever is sent to its page confirm a payment; for a rehearsal, SIMULATED=payments names it as meant',
        ]),
  ];
}

/** What cannot work together: engines of one process with roles in several. */
function roleProblems(environment: Environment, chosen: readonly PlatformRole[]): readonly string[] {
  if (chosen.length === roles.length) return [];
  const has = (role: PlatformRole): boolean => chosen.includes(role);
  const alone = has('write-side') ? 'write-side' : 'sagas';
  const needsWriteSide = !has('write-side') && (has('read-api') || environment.CLOCK === 'simulated');
  return [
    ...(has('write-side') === has('sagas')
      ? []
      : [
          `--role: ${alone} without ${alone === 'sagas' ? 'write-side' : 'sagas'}: both append to the SQLite history of EVENT_STORE, which one process writes; run them together`,
        ]),
    ...(environment.READ_STORE.engine === 'sqlite'
      ? ['READ_STORE: SQLite views are of one process; roles in several need mongodb://…']
      : []),
    ...(environment.BUS.engine === 'memory'
      ? ['BUS: a bus in memory is of one process; roles in several need kafka://…']
      : []),
    ...(needsWriteSide && environment.SERVICE_URL === undefined
      ? [
          'SERVICE_URL: this role needs the address at which the write side listens for the others, such as http://write-side:4002',
        ]
      : []),
    ...(environment.NODE_ENV === 'production' && environment.SERVICE_KEY_FILE === undefined
      ? ['SERVICE_KEY_FILE: production needs the secret that the roles know each other by']
      : []),
  ];
}

/** What is told of an engine that it has no use for. */
function fileProblems(environment: Environment): readonly string[] {
  const unused = {
    READ_STORE: environment.READ_STORE.engine === 'sqlite',
    BUS: environment.BUS.engine === 'memory',
  };
  return (['READ_STORE', 'BUS'] as const).flatMap((setting) =>
    unused[setting]
      ? (['CREDENTIALS', 'CA', 'CERTIFICATE'] as const)
          .map((file) => `${setting}_${file}_FILE` as const)
          .filter((name) => environment[name] !== undefined)
          .map((name) => `${name}: the engine of ${setting} runs in this process and lets everybody in`)
      : [],
  );
}

const filesOf = (environment: Environment, setting: 'READ_STORE' | 'BUS'): EngineFiles =>
  Object.freeze({
    credentials: environment[`${setting}_CREDENTIALS_FILE`],
    authority: environment[`${setting}_CA_FILE`],
    certificate: environment[`${setting}_CERTIFICATE_FILE`],
  });

/** An engine's address with the files that let us in. */
const withFiles = <At extends ReadStoreAt | BusAt>(at: At, files: EngineFiles): At =>
  'files' in at ? (Object.freeze({ ...at, files }) as At) : at;

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
  const production = known.NODE_ENV === 'production';
  const operationsPort = known.OPERATIONS_PORT ?? (production ? OPERATIONS_PORT : undefined);
  const problems = [
    ...productionProblems(known),
    ...roleProblems(known, chosen),
    ...fileProblems(known),
    ...(operationsPort === undefined && set(environment).OPERATIONS_HOST !== undefined
      ? ['OPERATIONS_HOST: there is no port of that host without OPERATIONS_PORT']
      : []),
    ...(operationsPort === known.PORT && known.PORT !== 0 ? ['OPERATIONS_PORT: the same as PORT'] : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    production,
    host: known.HOST,
    port: known.PORT,
    operations:
      operationsPort === undefined
        ? undefined
        : Object.freeze({ host: known.OPERATIONS_HOST, port: operationsPort }),
    publicUrl: known.PUBLIC_URL,
    allowedOrigins: Object.freeze(known.ALLOWED_ORIGINS),
    simulated: Object.freeze(known.SIMULATED),
    dataDir: resolve(known.DATA_DIR),
    roles: Object.freeze(roles.filter((role) => chosen.includes(role))),
    whole: chosen.length === roles.length,
    eventStore: known.EVENT_STORE,
    readStore: withFiles(known.READ_STORE, filesOf(known, 'READ_STORE')),
    bus: withFiles(known.BUS, filesOf(known, 'BUS')),
    service: Object.freeze({
      host: known.SERVICE_HOST,
      port: known.SERVICE_PORT,
      url: known.SERVICE_URL,
      keyFile: known.SERVICE_KEY_FILE,
    }),
    logLevel: known.LOG_LEVEL,
    clock: known.CLOCK,
    devTokens: known.DEV_TOKENS ?? !production,
    tokens: Object.freeze({
      keyFile: known.TOKEN_KEY_FILE,
      issuer: known.TOKEN_ISSUER,
      audience: known.TOKEN_AUDIENCE,
    }),
    webhookSecret: known.WEBHOOK_SECRET,
    trustedProxies: Object.freeze(known.TRUSTED_PROXIES),
    maxConnections: known.MAX_CONNECTIONS,
    maxConnectionsPerAddress: known.MAX_CONNECTIONS_PER_ADDRESS,
    shutdownDelayMs: known.SHUTDOWN_DELAY_MS ?? (production ? PRODUCTION_SHUTDOWN_DELAY_MS : 0),
    acceptedLoss: known.ACCEPT_HISTORY_END,
  });
}
