import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { JsonSchema } from '#domain/kernel/json-schema.ts';
import type { CommandDeclaration, RejectionDeclaration } from '#domain/kernel/message.ts';
import { publicSchema } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import {
  Contended,
  Forbidden,
  IdempotencyMismatch,
  Internal,
  Invalid,
  NewerVersion,
  Overloaded,
  StepUpRequired,
  TooManyKeys,
  Unauthenticated,
  Unavailable,
} from '#domain/kernel/rejections.ts';
import { jsonOf, oneOf, ref, toComponent } from './json.ts';

// What a command is answered with: the schemas of the answers, and under which status which of them comes.

/** What any command can meet beside the rejections it declares. The other common ones belong to reading. */
const everyCommand: readonly RejectionDeclaration[] = [
  Invalid,
  Unauthenticated,
  Forbidden,
  IdempotencyMismatch,
  Overloaded,
  Unavailable,
  NewerVersion,
  Contended,
  Internal,
];

const pascal = (code: string): string =>
  code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
// Names that are identifiers wherever clients are generated, each kind with its own ending: no two can meet.
export const rejectionName = (code: string) => `${pascal(code)}Rejection`;
const eventName = (type: string) => `${type}Event`;
export const commandName = (type: string) => `${type}Command`;

const commandId = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  description: 'Send the same command again under this id.',
};
const token = { type: 'string', minLength: 1 };

/** Details that say nothing are an empty object, rather than one of anything. */
const detailsOf = (schema: JsonSchema): JsonSchema =>
  Object.keys(schema.properties ?? {}).length === 0 ? { ...schema, additionalProperties: false } : schema;

export function rejectionSchemas(registry: Registry): readonly [string, JsonObject][] {
  return [...registry.rejections.values()].map(({ code, message }) => [
    rejectionName(code),
    {
      type: 'object',
      description: message,
      required: ['code', 'message', 'details'],
      properties: {
        code: { type: 'string', const: code },
        message: { type: 'string' },
        details: toComponent(detailsOf(publicSchema(registry, 'rejections', code))),
        commandId,
        token: { ...token, description: 'Where the refusal is recorded, if it is.' },
      },
    },
  ]);
}

export function eventSchemas(registry: Registry): readonly [string, JsonObject][] {
  return [...registry.events.values()].map(({ type, description }) => [
    eventName(type),
    {
      type: 'object',
      description,
      required: ['type', 'data'],
      properties: {
        type: { type: 'string', const: type },
        data: toComponent(publicSchema(registry, 'events', type)),
      },
    },
  ]);
}

function acceptedSchema(outcome: 'accepted' | 'pending', { verdicts }: Registry): JsonObject {
  return {
    type: 'object',
    required: ['outcome', 'commandId', 'stream', 'events'],
    properties: {
      outcome: { type: 'string', const: outcome },
      commandId,
      token: {
        ...token,
        description:
          'Hand it to a query to read your own write; what follows from it in the streams of others may come later.',
      },
      stream: { type: 'string', minLength: 1 },
      events: {
        type: 'array',
        description: 'What the command itself recorded; empty when there was nothing to do.',
        items: ref('RecordedEvent'),
      },
      ...(outcome === 'accepted' && {
        decision: ref('Decision'),
        ...Object.fromEntries(
          [...verdicts].map(([name, description]) => [
            name,
            { type: 'boolean', description: `${description} Left out of everything else.` },
          ]),
        ),
      }),
    },
  };
}

/** The answers that are no refusals. */
export function acceptedSchemas(registry: Registry): readonly [string, JsonObject][] {
  const types = [...registry.events.keys()].map((type) => [type, eventName(type)] as const);
  return [
    ['RecordedEvent', oneOf('type', types)],
    [
      'Decision',
      {
        ...oneOf('type', types),
        description:
          'Where a later stage has decided: the event that says so. Of a bid it names who leads now, the price and the smallest bid.',
      },
    ],
    ['Accepted', acceptedSchema('accepted', registry)],
    ['Pending', acceptedSchema('pending', registry)],
  ];
}

const header = (name: string): JsonObject => ({ $ref: `#/components/headers/${name}` });
export const requestId = { 'X-Request-Id': header('RequestId') };

export const headers: JsonObject = {
  RequestId: {
    description: 'Names the request in the logs: what was sent under this name, or made up.',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,64}$' },
  },
  RetryAfter: {
    description: 'Seconds until the same request is worth sending again.',
    schema: { type: 'integer', minimum: 1 },
  },
  WwwAuthenticate: {
    description: 'What to authenticate with.',
    required: true,
    schema: { type: 'string', pattern: '^Bearer' },
  },
};

export const described = (description: string, schema: JsonObject, more: JsonObject = {}): JsonObject => ({
  description,
  headers: { ...requestId, ...more },
  content: jsonOf(schema),
});

const headersAt: Readonly<Record<number, JsonObject>> = {
  429: { 'Retry-After': header('RetryAfter') },
  401: { 'WWW-Authenticate': header('WwwAuthenticate') },
  503: { 'Retry-After': header('RetryAfter') },
};

/** A status with every rejection that comes under it. */
export function rejected(status: number, rejections: readonly RejectionDeclaration[]): JsonObject {
  const names = rejections.map(({ code }) => [code, rejectionName(code)] as const);
  const description = rejections.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n');
  return described(description, oneOf('code', names), headersAt[status] ?? {});
}

const invalid = ref(rejectionName(Invalid.code));
/** Answered before anybody has read the request as one, and so without its id. */
const unread = (problem: string): JsonObject => ({
  description: `\`invalid\`: ${problem}`,
  content: jsonOf(invalid),
});

/** What the port itself answers any request with a body. */
const ofThePort: Readonly<Record<number, readonly [name: string, response: JsonObject]>> = {
  408: ['RequestTimeout', unread('the request did not arrive in time.')],
  413: ['PayloadTooLarge', described('`invalid`: the body is too large.', invalid)],
  415: [
    'UnsupportedMediaType',
    described('`invalid`: the body is compressed, or, but for notices, not `application/json`.', invalid),
  ],
  417: ['ExpectationFailed', unread('only `Expect: 100-continue` is met.')],
  // Whose address has no room for another connection is told so before anything is read, too.
  429: [
    'TooManyRequests',
    {
      description: `\`overloaded\`: your address or your person has too much under way.\n\n\`too_many_keys\`: ${TooManyKeys.message}`,
      headers: { 'Retry-After': header('RetryAfter') },
      content: jsonOf(
        oneOf(
          'code',
          [Overloaded, TooManyKeys].map(({ code }) => [code, rejectionName(code)] as const),
        ),
      ),
    },
  ],
  431: ['HeaderFieldsTooLarge', unread('the header is too large.')],
};

const shared = (name: string): JsonObject => ({ $ref: `#/components/responses/${name}` });

function byStatus(
  rejections: Iterable<RejectionDeclaration>,
): ReadonlyMap<number, readonly RejectionDeclaration[]> {
  const found = new Map<number, RejectionDeclaration[]>();
  for (const rejection of new Set(rejections))
    found.set(rejection.status, [...(found.get(rejection.status) ?? []), rejection]);
  return found;
}

/** Responses that are the same for every operation. */
export const responses: JsonObject = {
  ...Object.fromEntries(
    [...byStatus(everyCommand)].map(([status, rejections]) => [
      `Status${status}`,
      rejected(status, rejections),
    ]),
  ),
  ...Object.fromEntries(Object.values(ofThePort)),
};

/** By status, what the port answers any request that has a body. */
export const portResponses: JsonObject = Object.fromEntries(
  Object.entries(ofThePort).map(([status, [name]]) => [status, shared(name)]),
);
/** One of {@link responses}, by its status. */
export const commonResponse = (status: number): JsonObject => shared(`Status${status}`);

/** By status, everything that a command can be answered with. */
export function commandResponses(command: CommandDeclaration): JsonObject {
  const common = byStatus(everyCommand);
  const stepUp = command.stepUp ? [StepUpRequired] : [];
  const refusals = [...byStatus([...everyCommand, ...stepUp, ...command.rejections])].map(
    ([status, rejections]) =>
      [
        String(status),
        rejections.length === common.get(status)?.length
          ? commonResponse(status)
          : rejected(status, rejections),
      ] as const,
  );
  return {
    '200': described('Accepted and durable.', ref('Accepted')),
    '202': described('Recorded; the outcome is still on its way. Never a no.', ref('Pending')),
    ...portResponses,
    ...Object.fromEntries(refusals),
  };
}
