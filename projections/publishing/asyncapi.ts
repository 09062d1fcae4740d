import type { JsonObject } from '#domain/kernel/canonical.ts';
import { type JsonSchema, messageSchemas, referenceOf, withReferences } from '#domain/kernel/json-schema.ts';
import type { EventDeclaration } from '#domain/kernel/message.ts';
import { integrationSchema, isPublished } from '#domain/kernel/redaction.ts';
import type { Context, Registry } from '#domain/kernel/registry.ts';
import { CONTENT_TYPE, headerAttributes, headerOf } from './cloud-event.ts';
import { publishedContexts, topicsOf, typeOf } from './topics.ts';

// What the topics hold, by AsyncAPI 3: a channel for each context, a message for each event that leaves.

/** A part of a document by AsyncAPI 3, from the platform's own side: what it sends, and what it receives. */
export interface AsyncApiPart {
  readonly channels: JsonObject;
  readonly operations: JsonObject;
  readonly components: { readonly messages: JsonObject; readonly schemas: JsonObject };
}

const SCHEMAS = '#/components/schemas/';
const ref = (name: string): JsonObject => ({ $ref: SCHEMAS + name });
const BINDING = '0.5.0';

// Names are identifiers wherever something is generated, each kind with its own ending.
const envelopeName = (type: string): string => `${type}CloudEvent`;
const dataName = (type: string): string => `${type}Data`;
const channelName = (context: Context): string => `${context.name}Events`;

const text = (description: string): JsonObject => ({ type: 'string', minLength: 1, description });
/** What every event of every topic has around its data. */
const attributes: JsonObject = {
  specversion: { type: 'string', const: '1.0' },
  id: text('Of the event. It comes at least once: pass over an `id` that you have met from this `source`.'),
  source: {
    ...text('The history. One that was restored or begun anew is another.'),
    format: 'uri-reference',
  },
  subject: text('The stream, which is also the key of the record: events of one stream come in their order.'),
  time: { ...text('When it occurred.'), format: 'date-time' },
  datacontenttype: { type: 'string', const: 'application/json' },
  streamrevision: {
    type: 'integer',
    minimum: 0,
    description: 'Its place in the stream. Some places are left out: not everything leaves.',
  },
  position: {
    type: 'string',
    pattern: '^[0-9]{1,20}$',
    description: 'Its place in the whole history, larger than any JSON number may be.',
  },
  correlationid: text('Of all that came of one command.'),
  causationid: text('Of the event or command that led to it.'),
  historyepoch: text('Names the history, as in `source`.'),
};

function envelope(registry: Registry, { type, version, description }: EventDeclaration): JsonObject {
  const properties = {
    ...attributes,
    type: { type: 'string', const: typeOf(registry, type) },
    schemaversion: {
      type: 'integer',
      const: version,
      description: 'Of the data: always the newest, whatever was stored.',
    },
    data: ref(dataName(type)),
  };
  return { type: 'object', description, required: Object.keys(properties), properties };
}

const headers: JsonObject = {
  type: 'object',
  description: 'The same as in the value, for whoever sorts records without reading them.',
  required: ['content-type', ...headerAttributes.map(headerOf)],
  properties: {
    'content-type': { type: 'string', const: CONTENT_TYPE },
    ...Object.fromEntries(headerAttributes.map((name) => [headerOf(name), { type: 'string', minLength: 1 }])),
  },
};

const message = (registry: Registry, { type, description }: EventDeclaration): JsonObject => ({
  name: typeOf(registry, type),
  title: type,
  summary: description,
  contentType: CONTENT_TYPE,
  correlationId: { location: '$message.payload#/correlationid' },
  headers: ref('CloudEventHeaders'),
  payload: ref(envelopeName(type)),
  bindings: { kafka: { key: ref('StreamName'), bindingVersion: BINDING } },
});

/** The names of all shared schemas that are met in a schema, those inside others too. */
function sharedBy(schema: unknown, $defs: Readonly<Record<string, JsonSchema>>, found: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const name = referenceOf(schema as JsonSchema);
  if (name !== undefined && !found.has(name)) {
    found.add(name);
    sharedBy($defs[name], $defs, found);
  }
  for (const part of Object.values(schema)) sharedBy(part, $defs, found);
}

function schemasOf(registry: Registry, leaving: readonly EventDeclaration[]): JsonObject {
  const { $defs } = messageSchemas(registry);
  const shared = new Set<string>();
  const data = leaving.map(({ type }) => {
    const schema = integrationSchema(registry, type) ?? {};
    sharedBy(schema, $defs, shared);
    return [dataName(type), withReferences(schema, SCHEMAS)] as const;
  });
  return {
    StreamName: { type: 'string', minLength: 1, description: 'The name of a stream: `<kind>-<id>`.' },
    CloudEventHeaders: headers,
    ...Object.fromEntries([...shared].map((name) => [name, withReferences($defs[name] ?? {}, SCHEMAS)])),
    ...Object.fromEntries(data),
    ...Object.fromEntries(leaving.map((event) => [envelopeName(event.type), envelope(registry, event)])),
  } as JsonObject;
}

function channel(context: Context, topic: string, partitions: number): JsonObject {
  const types = context.events.filter(isPublished).map(({ type }) => type);
  return {
    address: topic,
    title: `What has happened in ${context.name}`,
    description: context.description,
    messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
    bindings: { kafka: { topic, partitions, bindingVersion: BINDING } },
  };
}

function sending(context: Context): JsonObject {
  const name = channelName(context);
  const types = context.events.filter(isPublished).map(({ type }) => type);
  return {
    action: 'send',
    channel: { $ref: `#/channels/${name}` },
    summary: `Tells what has happened in ${context.name}: at least once, in the order of each stream.`,
    messages: types.map((type) => ({ $ref: `#/channels/${name}/messages/${type}` })),
  };
}

/**
 * The topics by which the platform tells what has happened.
 * @param prefix what the names of topics begin with
 */
export function eventsByAsyncApi(registry: Registry, { prefix }: { readonly prefix: string }): AsyncApiPart {
  const contexts = publishedContexts(registry);
  const topics = topicsOf(registry, prefix);
  const leaving = contexts.flatMap(({ events }) => events.filter(isPublished));
  return {
    channels: Object.fromEntries(
      contexts.map((context, at) => [
        channelName(context),
        channel(context, topics[at]?.name ?? '', topics[at]?.partitions ?? 1),
      ]),
    ),
    operations: Object.fromEntries(
      contexts.map((context) => [`send${capital(channelName(context))}`, sending(context)]),
    ),
    components: {
      messages: Object.fromEntries(leaving.map((event) => [event.type, message(registry, event)])),
      schemas: schemasOf(registry, leaving),
    },
  };
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
