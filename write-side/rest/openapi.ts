import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { IDEMPOTENCY_KEY } from './idempotency-key.ts';
import { commandName, commandResponses, headers, responses } from './openapi/answers.ts';
import { type DevelopmentOperation, developmentServed, developmentTag } from './openapi/development.ts';
import { jsonOf, ref } from './openapi/json.ts';
import { messageComponents } from './openapi/messages.ts';
import { platformPaths, platformSchemas, signatureScheme } from './openapi/platform.ts';
import { type ServedOperation, servedParameters, servedPaths, servedSchemas } from './openapi/served.ts';
import { type CommandPath, commandPaths } from './paths.ts';

export interface Described {
  /** Of the platform. */
  readonly version: string;
  /** Where it is reached from outside; none: where the document was read. */
  readonly servers?: readonly string[];
  /** What is there of development's conveniences. */
  readonly development?: readonly DevelopmentOperation[];
  /** What is served beside commands, by contexts. */
  readonly served?: readonly ServedOperation[];
}

const ABOUT = `Commands by REST. Queries and live feeds: GraphQL, at \`/graphql\`.

Whatever fits the schema of a request is never answered with 400: what no schema can say (amounts that do not fit together, a
state that forbids it) is a rejection with a code of its own. Lengths count characters (code points). Texts are sequences of
characters, so that half of a surrogate pair, which JSON can spell, is none (RFC 7493). A body is at most 128 KiB.`;

function operation({ context, command }: CommandPath): JsonObject {
  return {
    operationId: command.type,
    tags: [context.name],
    summary: command.description,
    description:
      typeof command.from === 'string'
        ? 'For whoever has signed in.'
        : `Needs one of the roles: ${command.from.join(', ')}.`,
    security: [{ bearer: [] }],
    parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }],
    requestBody: { required: true, content: jsonOf(ref(commandName(command.type))) },
    responses: commandResponses(command),
  };
}

const idempotencyKey: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The id of the command: repeated, it is decided once and answered the same; what came to no event is decided anew. It is remembered for at least 24 hours, and for at least the last 10,000 commands of what decides it (your wallet in a currency, your part in an auction). Under another payload it is `idempotency_mismatch`, and where another wallet, auction or lot decided under it, as far as the process that answers knows: it knows what it has decided and what it has read of since it began, and not what another process, or itself before a restart, has recorded where it has not read since. So use a new one for each command. It is kept for ever, and no erasure reaches it: let it say nothing about people. Of 100,000 within 24 hours the next is `too_many_keys`.',
  schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source },
};

/**
 * The REST side of the registry as OpenAPI 3.1: one operation for each public command with all that it demands, each answer
 * it can get, and what else the port serves by REST.
 */
export function openApi(
  registry: Registry,
  { version, servers = [], development = [], served: others = [] }: Described,
): JsonObject {
  const served = [...others, ...developmentServed(development)];
  const commands = commandPaths(registry).map((path) => [path.path, { post: operation(path) }] as const);
  return {
    openapi: '3.1.0',
    info: { title: 'Annals', version, description: ABOUT },
    ...(servers.length > 0 && { servers: servers.map((url) => ({ url })) }),
    tags: [
      ...registry.contexts.map(({ name, description }) => ({ name, description })),
      { name: 'platform', description: 'The platform itself.' },
      ...(development.length > 0 ? [developmentTag] : []),
    ],
    paths: { ...Object.fromEntries(commands), ...platformPaths, ...servedPaths(served) },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        signature: signatureScheme,
      },
      parameters: { IdempotencyKey: idempotencyKey, ...servedParameters(served) },
      headers,
      responses,
      schemas: messageComponents(registry, (requests) => [
        ...platformSchemas(),
        ...servedSchemas(served, requests),
      ]),
    },
  };
}
