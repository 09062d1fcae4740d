import { buildSchema, parse, validate } from 'graphql';
import { z } from 'zod';
import { KEYS_KEPT_SECONDS } from '#domain/kernel/ports/tokens.ts';

// What has to hold in the files of deploy/gateway, as far as files can show it: a sentence for each thing that does not.

/** What those who ask may send on to the platform. No more than the platform reads; nothing of one connection alone; nothing that claims who asks. */
const HEADERS = [
  ...['Accept', 'Accept-Language', 'Authorization', 'Content-Length', 'Content-Type'],
  ...['Idempotency-Key', 'X-Request-Id'],
] as const;
const Seconds = z.string().regex(/^\d{1,3}s$/);
const Whole = z.int().min(1);

const Validator = z.strictObject({
  alg: z.literal('EdDSA'),
  jwk_url: z.url(),
  disable_jwk_security: z.boolean(),
  issuer: z.url(),
  audience: z.array(z.string()).length(1),
  cache: z.literal(true),
  // A key that it does not know yet signs when this has ended.
  cache_duration: z.int().min(1).max(KEYS_KEPT_SECONDS),
  failed_jwk_key_cooldown: Seconds,
  key_identify_strategy: z.literal('kid'),
  leeway: Seconds,
});
const Rate = z.strictObject({ strategy: z.literal('ip'), client_max_rate: Whole, client_capacity: Whole });
const Backend = z.strictObject({
  host: z.array(z.url()).length(1),
  url_pattern: z.string().regex(/^\/[^?*]+$/),
  method: z.enum(['GET', 'POST']),
  encoding: z.literal('no-op').optional(),
  target: z.literal('data').optional(),
  allow: z.array(z.string()).length(1).optional(),
  extra_config: z
    .strictObject({ 'backend/graphql': z.strictObject({ type: z.literal('query'), query: z.string() }) })
    .optional(),
});
const Endpoint = z.strictObject({
  endpoint: z.string().regex(/^\/[a-z{}/]+$/),
  method: z.enum(['GET', 'POST']),
  output_encoding: z.enum(['no-op', 'json']),
  timeout: Seconds,
  input_headers: z.array(z.enum(HEADERS)),
  input_query_strings: z
    .array(z.enum(['documentId', 'extensions', 'operationName', 'query', 'variables']))
    .optional(),
  extra_config: z.strictObject({ 'auth/validator': Validator.optional(), 'qos/ratelimit/router': Rate }),
  backend: z.array(Backend).min(1),
});
const File = z.strictObject({
  $schema: z.literal('https://www.krakend.io/schema/v2.13/krakend.json'),
  version: z.literal(3),
  name: z.string(),
  port: Whole,
  timeout: Seconds,
  cache_ttl: z.literal('0s'),
  ...{ read_header_timeout: Seconds, read_timeout: Seconds, write_timeout: Seconds, idle_timeout: Seconds },
  max_idle_connections_per_host: Whole,
  max_header_bytes: z.int().max(16_384),
  extra_config: z.strictObject({
    router: z.looseObject({
      trusted_proxies: z.array(z.string()).min(1),
      remote_ip_headers: z.tuple([z.literal('X-Forwarded-For')]),
      forwarded_by_client_ip: z.literal(true),
    }),
    'telemetry/logging': z.looseObject({}),
  }),
  endpoints: z.array(Endpoint).min(1),
});
type Endpoint = z.output<typeof Endpoint>;

/** What the platform has, to hold the file against. */
export interface Platform {
  /** `read-api/schema.graphql`. */
  readonly schema: string;
  readonly audience: string;
  /** How far clocks may differ. */
  readonly toleranceSeconds: number;
  /** Paths of the platform, by method: `POST /commands/{context}/{command}`. */
  readonly routes: readonly string[];
}

function questionProblems({ endpoint, backend }: Endpoint, { schema }: Platform): readonly string[] {
  const known = buildSchema(schema);
  return backend.flatMap(({ extra_config, allow = [] }) => {
    const query = extra_config?.['backend/graphql'].query;
    if (query === undefined) return [];
    const errors = validate(known, parse(query)).map(({ message }) => `${endpoint}: ${message}`);
    return [
      ...errors,
      ...allow
        .filter((name) => !query.includes(`{ ${name}`))
        .map((name) => `${endpoint}: ${name} is not asked for`),
    ];
  });
}

function endpointProblems(one: Endpoint, platform: Platform): readonly string[] {
  const { endpoint, method, extra_config, input_headers, backend } = one;
  const validator = extra_config['auth/validator'];
  const passesToken = input_headers.includes('Authorization');
  return [
    ...((validator === undefined) === passesToken
      ? [`${endpoint}: a token is sent on where it was checked, and nowhere else`]
      : []),
    ...(validator === undefined || validator.issuer.endsWith('/oidc')
      ? []
      : [`${endpoint}: the issuer is none of a platform`]),
    ...(validator === undefined || validator.audience[0] === platform.audience
      ? []
      : [`${endpoint}: the audience is another`]),
    ...(validator === undefined || validator.jwk_url.endsWith('/oidc/jwks')
      ? []
      : [`${endpoint}: the keys are elsewhere`]),
    // One that is stricter stops fresh tokens where its own clock is behind.
    ...(validator === undefined || validator.leeway === `${platform.toleranceSeconds}s`
      ? []
      : [`${endpoint}: clocks may differ by another leeway than the platform's`]),
    ...backend
      .filter((to) => !platform.routes.includes(`${to.method} ${to.url_pattern}`))
      .map((to) => `${endpoint}: the platform has no ${to.method} ${to.url_pattern}`),
    ...(one.output_encoding === 'no-op' && (backend.length > 1 || backend[0]?.method !== method)
      ? [`${method} ${endpoint}: it cannot be handed on as it is`]
      : []),
    ...questionProblems(one, platform),
  ];
}

/** @param modules what the program that is built reads: the text of its `main.go` */
export function krakendProblems(text: string, platform: Platform, modules: string): readonly string[] {
  const read = File.safeParse(JSON.parse(text));
  if (!read.success) return read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const { endpoints, extra_config } = read.data;
  const named = new Set(endpoints.map(({ method, endpoint }) => `${method} ${endpoint}`));
  const parts = new Set([
    ...Object.keys(extra_config),
    ...endpoints.flatMap((one) => [
      ...Object.keys(one.extra_config),
      ...one.backend.flatMap((to) => Object.keys(to.extra_config ?? {})),
    ]),
  ]);
  return [
    ...(named.size === endpoints.length ? [] : ['an endpoint stands there twice']),
    ...[...parts].filter((part) => !modules.includes(`"${part}"`)).map((part) => `${part} is not built in`),
    ...endpoints.flatMap((one) => endpointProblems(one, platform)),
  ];
}

/** A reason stands above an exception, or above those before it that let the same fields by. */
function reasoned(lines: readonly string[], index: number): boolean {
  const fieldsOf = (line = ''): string => line.slice(line.indexOf('"'));
  let first = index;
  while (/ById /.test(lines[first - 1] ?? '') && fieldsOf(lines[first - 1]) === fieldsOf(lines[index]))
    first -= 1;
  return lines[first - 1]?.startsWith('#') ?? false;
}

/**
 * @param bodyBytes the longest body that the platform reads
 * @param methods that the platform has
 */
export function caddyProblems(
  text: string,
  bodyBytes: number,
  methods: readonly string[],
): readonly string[] {
  const [, allowed = ''] = /tx\.allowed_methods=([A-Z ]+)'/.exec(text) ?? [];
  const lines = text.split('\n').map((line) => line.trim());
  const used = new Set([...text.matchAll(/\{\$([A-Z_]+)/g)].map(([, name]) => name ?? ''));
  const head = text.slice(0, text.indexOf('\n{'));
  const code = lines.filter((line) => !line.startsWith('#'));
  const says = (line: string): boolean => code.includes(line);
  const at = (line: string): number => code.indexOf(line);
  return [
    ...methods
      .filter((method) => !allowed.split(' ').includes(method))
      .map((method) => `${method} is not let through`),
    ...[...used].filter((name) => !head.includes(name)).map((name) => `${name} is not told of`),
    ...[`max_size ${bodyBytes}`, `SecRequestBodyLimit ${bodyBytes}`, 'SecRequestBodyLimitAction Reject']
      .filter((line) => !says(line))
      .map((line) => `${line}: missing`),
    // Audits hold bodies.
    ...['SecAuditEngine Off', 'SecRuleEngine On', 'load_owasp_crs', 'Include @owasp_crs/*.conf', 'admin off']
      .filter((line) => !says(line))
      .map((line) => `${line}: missing`),
    ...(at('SecAuditEngine Off') > at('Include @coraza.conf-recommended')
      ? []
      : ['an Include turns audits on again']),
    ...lines.flatMap((line, index) => {
      if (!/^Sec(RuleUpdate|RuleRemove)/.test(line)) return [];
      return [
        ...(reasoned(lines, index) ? [] : [`without a reason: ${line}`]),
        // Coraza reads a list of rules as far as its first id that is no range.
        ...(/ById\s+(\d+-\d+\s+)*\d+\s+\d/.test(line) ? [`a rule by its id stands alone: ${line}`] : []),
        // Coraza takes a comma for a part of a name, and then excludes nothing.
        ...(line.includes(',') ? [`a list is written with |: ${line}`] : []),
        // Coraza has names in small letters where an expression looks for them, and as they are where they are told.
        ...(/:\/(?!\(\?i\))/.test(line) ? [`an expression excludes by (?i) alone: ${line}`] : []),
        ...(code.indexOf(line) > at('Include @owasp_crs/*.conf')
          ? []
          : [`before the rules that it changes: ${line}`]),
      ];
    }),
    ...['GATEWAY_API', 'GATEWAY_READING', 'GATEWAY_WRITING']
      .filter((name) => !code.some((line) => line.startsWith(`reverse_proxy {$${name}:`)))
      .map((name) => `nobody is asked at ${name}`),
  ];
}

/** Every module is of one version, and known by what is in it. */
export function moduleProblems(goMod: string, goSum: string): readonly string[] {
  const required = [...goMod.matchAll(/^\t(\S+) (v\S+)/gm)].map(([, path = '', version = '']) => ({
    path,
    version,
  }));
  return [
    ...(required.length === 0 ? ['no module is required'] : []),
    ...(/^(replace|exclude)\b/m.test(goMod) ? ['a module is replaced by another'] : []),
    ...required
      .filter(({ path, version }) => !goSum.includes(`${path} ${version}/go.mod h1:`))
      .map(({ path, version }) => `${path} ${version} is not in go.sum`),
  ];
}
