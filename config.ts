import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

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

/** Where the read models are kept. */
export type ReadStoreAt =
  | { readonly engine: 'sqlite' }
  | {
      readonly engine: 'mongodb';
      /** With credentials and options, so that nobody is told of it. */
      readonly url: string;
      /** Hosts and database, as it may be told. */
      readonly address: string;
      readonly database: string;
    };

/** Whatever stands before an `@` are credentials, which hold none themselves. */
const MONGODB =
  /^(?<scheme>mongodb(?:\+srv)?:\/\/)(?:[^@/?\s]+@)?(?<hosts>[^@/?\s]+)(?:\/(?<name>[A-Za-z0-9_-]{0,38}))?(?:\?\S*)?$/;
const ReadStore = z.string().transform((text, context): ReadStoreAt => {
  if (text === 'sqlite:') return Object.freeze({ engine: 'sqlite' });
  const { scheme, hosts, name } = MONGODB.exec(text)?.groups ?? {};
  if (scheme !== undefined) {
    const database = name || 'annals';
    return Object.freeze({
      engine: 'mongodb',
      url: text,
      address: `${scheme}${hosts}/${database}`,
      database,
    });
  }
  // What was given may hold a password.
  context.addIssue({
    code: 'custom',
    message: 'sqlite:, or mongodb://host,host/database?replicaSet=name with what the driver may be told',
  });
  return z.NEVER;
});

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
  READ_STORE: ReadStore.default({ engine: 'sqlite' }),
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
  readonly readStore: ReadStoreAt;
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

/** Reads the environment. @throws ConfigError naming every problem */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = Environment.safeParse(set(environment));
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  const known = parsed.data;
  const production = known.NODE_ENV === 'production';
  const operationsPort = known.OPERATIONS_PORT ?? (production ? OPERATIONS_PORT : undefined);
  const problems = [
    ...productionProblems(known),
    ...(operationsPort === undefined && environment.OPERATIONS_HOST !== undefined
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
    readStore: known.READ_STORE,
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
