import type { Json, JsonObject } from '#domain/kernel/canonical.ts';
import { type JsonSchema, jsonSchemas } from '#domain/kernel/json-schema.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { commandName, rejectionName } from '../rest/openapi/answers.ts';
import { ref, toComponent } from '../rest/openapi/json.ts';
import { messageComponents } from '../rest/openapi/messages.ts';
import { commandPaths } from '../rest/paths.ts';
import { DeadLetter } from './dead-letters.ts';
import { CommandEnvelope } from './envelope.ts';
import { commandTopics } from './topics.ts';

/** A part of a document by AsyncAPI 3, from the platform's own side: what it receives, and what it sends. */
export interface AsyncApiPart {
  readonly channels: JsonObject;
  readonly operations: JsonObject;
  readonly components: { readonly messages: JsonObject; readonly schemas: JsonObject };
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);

/** OpenAPI tells alternatives apart by an object; AsyncAPI has no room for one, and each of them says what it is. */
function withoutDiscriminators(json: Json): Json {
  if (typeof json !== 'object' || json === null) return json;
  if (isList(json)) return json.map(withoutDiscriminators);
  const entries = Object.entries(json).filter(
    ([name, value]) => name !== 'discriminator' || typeof value !== 'object',
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutDiscriminators(value)]));
}

/** The envelope of each command that may be sent, and all that stands around its data. */
function envelopeSchema(registry: Registry, schema: JsonSchema): JsonObject {
  const { properties = {}, ...envelope } = schema;
  const { command: _, data: __, ...around } = properties;
  return {
    ...toComponent({ ...envelope, properties: { command: {}, data: {}, ...around } }),
    oneOf: commandPaths(registry).map(({ command: { type, description, from } }) => ({
      description: `${description} ${typeof from === 'string' ? 'For whoever has signed in.' : `Needs one of the roles: ${from.join(', ')}.`}`,
      properties: { command: { type: 'string', const: type }, data: ref(commandName(type)) },
    })),
  };
}

const schemaOf = (schemas: Readonly<Record<string, JsonSchema>>, name: string): JsonSchema =>
  schemas[name] ?? {};

function schemasOf(registry: Registry): JsonObject {
  const { schemas, $defs } = jsonSchemas({ CommandEnvelope, DeadLetter });
  const shared = Object.entries($defs).map(([name, schema]) => [name, toComponent(schema)] as const);
  const rejections = [...registry.rejections.keys()].map((code) => ref(rejectionName(code)));
  const envelope = schemaOf($defs, 'CommandEnvelope');
  return withoutDiscriminators({
    ...messageComponents(registry),
    ...Object.fromEntries(shared),
    ...(schemas.CommandEnvelope && { CommandEnvelope: envelopeSchema(registry, envelope) }),
    CommandReply: { oneOf: [ref('Accepted'), ref('Pending'), ...rejections] },
  }) as JsonObject;
}

const message = (name: string): JsonObject => ({ $ref: `#/components/messages/${name}` });
const channel = (name: string): JsonObject => ({ $ref: `#/channels/${name}` });
const on = (name: string, of: string): JsonObject => ({ $ref: `#/channels/${name}/messages/${of}` });
const text = { type: 'string' };

const messages: JsonObject = {
  Command: {
    title: 'A command',
    summary: 'Decided by the same rules as by REST. Commands of one key are decided in their order.',
    contentType: 'application/json',
    correlationId: { location: '$message.payload#/correlationId' },
    payload: ref('CommandEnvelope'),
  },
  CommandReply: {
    title: 'What a command came to',
    summary:
      'The body that REST answers with; key is the idempotency key. It may come more than once, and says the same.',
    contentType: 'application/json',
    correlationId: { location: '$message.header#/correlation-id' },
    headers: {
      type: 'object',
      required: ['correlation-id', 'content-type', 'status'],
      properties: {
        'correlation-id': { ...text, description: 'Of the command; its idempotency key where it has none.' },
        'content-type': { ...text, const: 'application/json' },
        status: { ...text, pattern: '^[2-5][0-9]{2}$', description: 'As REST would have answered.' },
      },
    },
    payload: ref('CommandReply'),
  },
  DeadLetter: {
    title: 'A record that nobody decides any more',
    summary:
      'Why, and where it stands; without its token and without what is secret. For whoever looks after the platform.',
    contentType: 'application/json',
    headers: {
      type: 'object',
      required: ['cause', 'content-type'],
      properties: { cause: text, 'content-type': { ...text, const: 'application/json' } },
    },
    payload: ref('DeadLetter'),
  },
};

/**
 * The topics by which commands come and are answered. The retry topics are nobody else's: what stands there is sealed.
 *
 * @param prefix what the names of all topics of the platform begin with
 * @param replyPrefixes what the names of topics begin with to which replies may go
 */
export function commandsByAsyncApi(
  registry: Registry,
  { prefix, replyPrefixes }: { readonly prefix: string; readonly replyPrefixes: readonly string[] },
): AsyncApiPart {
  const { commands, dead } = commandTopics(prefix);
  const begins = replyPrefixes.map((name) => `\`${name}\``).join(', ');
  return {
    channels: {
      commands: { address: commands, title: 'Commands', messages: { Command: message('Command') } },
      replies: {
        address: null,
        title: 'Replies',
        description: `The topic that \`replyTo\` names. It has to be there, and its name begins with ${begins}.`,
        messages: { CommandReply: message('CommandReply') },
      },
      deadLetters: { address: dead, title: 'Dead letters', messages: { DeadLetter: message('DeadLetter') } },
    },
    operations: {
      decideCommand: {
        action: 'receive',
        title: 'Decide a command',
        channel: channel('commands'),
        messages: [on('commands', 'Command')],
        reply: {
          address: {
            location: '$message.payload#/replyTo',
            description: 'Where nothing is named nobody is told.',
          },
          channel: channel('replies'),
          messages: [on('replies', 'CommandReply')],
        },
      },
      layAside: {
        action: 'send',
        title: 'Lay a record aside',
        channel: channel('deadLetters'),
        messages: [on('deadLetters', 'DeadLetter')],
      },
    },
    components: { messages, schemas: schemasOf(registry) },
  };
}
