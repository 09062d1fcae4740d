import { z } from 'zod';
import { asciiDomain, MailAddress, MailDomain } from '#domain/kernel/ports/mail.ts';
import {
  BusAddress,
  EventStoreAddress,
  MailServerAddress,
  ReadStoreAddress,
} from '#runtime/engine-address.ts';
import {
  Host,
  KeysUrl,
  list,
  Origin,
  PageOrigin,
  Port,
  Proxies,
  TopicPrefixes,
  wholeNumber,
  words,
} from './values.ts';

/** What can be had as a simulation of itself, and has to be named as meant where it is not development. */
const simulatedEngines = ['payments', 'mail'] as const;
export type SimulatedEngine = (typeof simulatedEngines)[number];

/** What a process may do of the platform's work; all of it by default. */
export const roles = ['write-side', 'projections', 'sagas', 'read-api', 'publisher'] as const;
export type PlatformRole = (typeof roles)[number];

/** All that is read of the environment, and how it is written. */
export const Environment = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().max(255).default('127.0.0.1'),
  PORT: Port.default(4000),
  OPERATIONS_HOST: z.string().max(255).optional(),
  OPERATIONS_PORT: Port.optional(),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  PUBLIC_URL: Origin.optional(),
  ALLOWED_ORIGINS: z.string().transform(list).pipe(z.array(PageOrigin).max(100)).default([]),
  LOGOUT_INTERNAL_HOSTS: z.string().transform(list).pipe(z.array(Host).max(100)).default([]),
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
  BUS_REPLY_PREFIXES: TopicPrefixes.optional(),
  BUS_CREDENTIALS_FILE: z.string().optional(),
  BUS_CA_FILE: z.string().optional(),
  BUS_CERTIFICATE_FILE: z.string().optional(),
  MAIL: MailServerAddress.default({ engine: 'outbox' }),
  MAIL_FROM: z.string().transform(asciiDomain).pipe(MailAddress).optional(),
  MAIL_NAME: MailDomain.optional(),
  MAIL_CREDENTIALS_FILE: z.string().optional(),
  MAIL_CA_FILE: z.string().optional(),
  SERVICE_HOST: z.string().max(255).default('127.0.0.1'),
  SERVICE_PORT: Port.default(4002),
  SERVICE_URL: Origin.optional(),
  SERVICE_KEY_FILE: z.string().optional(),
  SERVICE_CERTIFICATE_FILE: z.string().optional(),
  SERVICE_CA_FILE: z.string().optional(),
  PERSON_KEYS_FILE: z.string().optional(),
  MASTER_KEY_FILE: z.string().optional(),
  HOUSE_NAME: words(60).optional(),
  HOUSE_CONTACT: words(200).optional(),
  FIRST_ADMIN: z.string().trim().toLowerCase().transform(asciiDomain).pipe(MailAddress).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CLOCK: z.enum(['system', 'simulated']).default('system'),
  DEV_TOKENS: z.stringbool().optional(),
  CONSOLE_SIGN_IN: z.stringbool().default(true),
  KEPT_OPERATIONS_FILE: z.string().optional(),
  KEPT_OPERATIONS_ONLY: z.stringbool().default(false),
  TOKEN_KEY_FILE: z.string().optional(),
  TOKEN_ISSUER: z.string().min(1).max(255).default('annals'),
  TOKEN_AUDIENCE: z.string().min(1).max(255).default('annals'),
  TOKEN_JWKS_URL: KeysUrl.optional(),
  TOKEN_ROLES_CLAIM: z
    .string()
    .max(255)
    .regex(/^[^.]+(\.[^.]+){0,11}$/, 'one to 12 names of claims with dots between them')
    .default('roles'),
  WEBHOOK_SECRET: z.string().min(32, 'at least 32 characters').max(255).optional(),
  TRUSTED_PROXIES: Proxies.default([]),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(5_000),
  MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(500),
  RATE_PER_ADDRESS: wholeNumber(1, 100_000_000).default(6_000),
  RATE_PER_PERSON: wholeNumber(1, 100_000_000).default(600),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 600_000).optional(),
  ACCEPT_HISTORY_END: z
    .string()
    .regex(
      /^(0|[1-9]\d{0,38})-[0-9a-f]{8}$/,
      'a position and what was lost, as the refusal to start gives it',
    )
    .optional(),
});
export type Environment = z.output<typeof Environment>;

/** All that is read, by name. */
export const settings: readonly string[] = Object.keys(Environment.shape);
