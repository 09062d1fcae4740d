import type { Json, JsonObject } from '#domain/kernel/canonical.ts';
import {
  type JsonSchema,
  type MessageSchemas,
  messageSchemas,
  withReferences,
} from '#domain/kernel/json-schema.ts';
import type { RejectionDeclaration } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import {
  Contended,
  Forbidden,
  IdempotencyMismatch,
  Internal,
  Invalid,
  Overloaded,
  Unauthenticated,
  Unavailable,
} from '#domain/kernel/rejections.ts';
import { type CommandPath, commandPaths } from './paths.ts';

/** What any command can meet beside the rejections it declares. The other common ones belong to reading. */
const everyCommand: readonly RejectionDeclaration[] = [
  Invalid,
  Unauthenticated,
  Forbidden,
  IdempotencyMismatch,
  Overloaded,
  Unavailable,
  Contended,
  Internal,
];

const COMPONENTS = '#/components/schemas/';
const ref = (name: string) => ({ $ref: COMPONENTS + name });
const rejectionName = (code: string) => `Rejection.${code}`;
const commandName = (type: string) => `Command.${type}`;
const eventName = (type: string) => `Event.${type}`;
const toComponent = (schema: JsonSchema): JsonObject =>
  withReferences(schema, COMPONENTS) as unknown as JsonObject;

/** One of several, told apart by the value of one field. */
function oneOf(property: string, names: readonly (readonly [value: string, name: string])[]): JsonObject {
  const mapping = Object.fromEntries(names.map(([value, name]) => [value, COMPONENTS + name]));
  return { oneOf: names.map(([, name]) => ref(name)), discriminator: { propertyName: property, mapping } };
}

function withoutSecrets(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).filter(([, field]) => field.secret !== true);
  const open = new Set(properties.map(([name]) => name));
  const required = (schema.required ?? []).filter((name) => open.has(name));
  return { ...schema, properties: Object.fromEntries(properties), required };
}

const commandId = { type: 'string', description: 'Send the same command again under this id.' };

function rejectionSchemas(registry: Registry, schemas: MessageSchemas): readonly [string, JsonObject][] {
  return [...registry.rejections.values()].map(({ code, message }) => [
    rejectionName(code),
    {
      type: 'object',
      description: message,
      required: ['code', 'message', 'details'],
      properties: {
        code: { const: code },
        message: { type: 'string' },
        details: toComponent(schemas.rejections[code] ?? {}),
        commandId,
        token: { type: 'string', description: 'Where the refusal is recorded, if it is.' },
      },
    },
  ]);
}

function eventSchemas(registry: Registry, schemas: MessageSchemas): readonly [string, JsonObject][] {
  return [...registry.events.values()].map(({ type, description }) => [
    eventName(type),
    {
      type: 'object',
      description,
      required: ['type', 'data'],
      properties: { type: { const: type }, data: toComponent(withoutSecrets(schemas.events[type] ?? {})) },
    },
  ]);
}

function acceptedSchema(registry: Registry, outcome: 'accepted' | 'pending'): JsonObject {
  const types = [...registry.events.keys()].map((type) => [type, eventName(type)] as const);
  return {
    type: 'object',
    required: ['outcome', 'commandId', 'stream', 'events'],
    properties: {
      outcome: { const: outcome },
      commandId,
      token: { type: 'string', description: 'Hand it to a query to read your own write.' },
      stream: { type: 'string' },
      events: {
        type: 'array',
        description: 'What the command itself recorded; empty when there was nothing to do.',
        items: oneOf('type', types),
      },
    },
  };
}

const jsonOf = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } });

function rejectionResponses(command: CommandPath['command']): JsonObject {
  const byStatus = new Map<number, RejectionDeclaration[]>();
  for (const rejection of new Set([...everyCommand, ...command.rejections]))
    byStatus.set(rejection.status, [...(byStatus.get(rejection.status) ?? []), rejection]);
  const responses = [...byStatus].map(([status, rejections]): [string, JsonObject] => {
    const names = rejections.map(({ code }) => [code, rejectionName(code)] as const);
    const description = rejections.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n');
    return [String(status), { description, content: jsonOf(oneOf('code', names)) }];
  });
  return Object.fromEntries(responses);
}

function operation({ context, command }: CommandPath): JsonObject {
  const roles = command.from === 'process' ? [] : command.from;
  return {
    operationId: command.type,
    tags: [context.name],
    summary: command.description,
    description: `Needs one of the roles: ${roles.join(', ')}.`,
    security: [{ bearer: [] }],
    parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }],
    requestBody: { required: true, content: jsonOf(ref(commandName(command.type))) },
    responses: {
      '200': { description: 'Accepted and durable.', content: jsonOf(ref('Accepted')) },
      '202': {
        description: 'Recorded; the outcome is still on its way. Never a no.',
        content: jsonOf(ref('Pending')),
      },
      '413': {
        description: '`invalid`: the body is too large.',
        content: jsonOf(ref(rejectionName('invalid'))),
      },
      '415': {
        description: '`invalid`: the body is not `application/json`, or is compressed.',
        content: jsonOf(ref(rejectionName('invalid'))),
      },
      ...rejectionResponses(command),
    },
  };
}

/** The REST side of the registry as OpenAPI 3.1: one operation for each public command, each no it can get included. */
export function openApi(
  registry: Registry,
  { version, url }: { readonly version: string; readonly url?: string },
): JsonObject {
  const schemas = messageSchemas(registry);
  const paths = commandPaths(registry);
  const components: readonly (readonly [string, Json])[] = [
    ...Object.entries(schemas.$defs).map(([name, schema]) => [name, toComponent(schema)] as const),
    ...paths.map(
      ({ command: { type } }) => [commandName(type), toComponent(schemas.commands[type] ?? {})] as const,
    ),
    ...rejectionSchemas(registry, schemas),
    ...eventSchemas(registry, schemas),
    ['Accepted', acceptedSchema(registry, 'accepted')],
    ['Pending', acceptedSchema(registry, 'pending')],
  ];
  return {
    openapi: '3.1.0',
    info: { title: 'Annals', version, description: 'Commands by REST. Queries and live feeds: GraphQL.' },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    ...(url !== undefined && { servers: [{ url }] }),
    tags: registry.contexts.map(({ name, description }) => ({ name, description })),
    paths: Object.fromEntries(paths.map((path) => [path.path, { post: operation(path) }])),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'The id of the command: repeated, it is decided once and answered the same.',
          schema: { type: 'string', minLength: 1, maxLength: 64 },
        },
      },
      schemas: Object.fromEntries(components),
    },
  };
}
