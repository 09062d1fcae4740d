import type { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { jsonSchemas } from '#domain/kernel/json-schema.ts';
import type { RejectionDeclaration } from '#domain/kernel/message.ts';
import { Internal, Invalid, Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import { commonResponse, described, portResponses, rejected, requestId } from './answers.ts';
import { jsonOf, ref, toComponent } from './json.ts';
import type { Requests } from './requests.ts';

// What the port serves that is no command: what each operation takes and answers, by the schemas that parse it.

interface NamedSchema {
  /** Of its component. */
  readonly name: string;
  readonly schema: z.ZodType;
}

/** One of them. It stands beside its router. */
export interface ServedOperation {
  /** As OpenAPI writes it: `/dev/payments/{paymentId}`. */
  readonly path: string;
  readonly method: 'get' | 'post' | 'delete';
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  /** Whether it asks for a token. */
  readonly bearer?: boolean;
  /** Of its path, by name. */
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  readonly body?: NamedSchema;
  /** Without a schema: nothing is said. */
  readonly answer: {
    readonly status: 200 | 201 | 202 | 204;
    readonly description: string;
  } & (NamedSchema | { readonly name?: never; readonly schema?: never });
  /** What it refuses beside what the port does. */
  readonly rejections?: readonly RejectionDeclaration[];
}

type Components = readonly (readonly [name: string, component: JsonObject])[];

const parameterName = (name: string): string => name.replace(/^./, (first) => first.toUpperCase());
const namedIn = ({ body, answer }: ServedOperation): readonly NamedSchema[] => [
  ...(body === undefined ? [] : [body]),
  ...(answer.name === undefined ? [] : [answer]),
];

const schemasOf = (operations: readonly ServedOperation[]) =>
  jsonSchemas(
    Object.fromEntries(
      operations.flatMap((operation) => [
        ...namedIn(operation).map(({ name, schema }) => [name, schema] as const),
        ...Object.entries(operation.parameters ?? {}).map(
          ([name, schema]) => [parameterName(name), schema] as const,
        ),
      ]),
    ),
  );

export function servedSchemas(operations: readonly ServedOperation[], requests: Requests): Components {
  const { schemas, $defs } = schemasOf(operations);
  return [
    ...Object.entries($defs).map(([name, schema]) => [name, toComponent(schema)] as const),
    ...operations.flatMap(({ body, answer }) => [
      ...(body === undefined ? [] : [[body.name, requests.component(schemas[body.name] ?? {})] as const]),
      ...(answer.name === undefined ? [] : [[answer.name, toComponent(schemas[answer.name] ?? {})] as const]),
    ]),
  ];
}

export function servedParameters(operations: readonly ServedOperation[]): JsonObject {
  const { schemas } = schemasOf(operations);
  const names = operations.flatMap(({ parameters = {} }) => Object.keys(parameters));
  return Object.fromEntries(
    names.map((name) => {
      const schema = toComponent(schemas[parameterName(name)] ?? {});
      return [parameterName(name), { name, in: 'path', required: true, schema }];
    }),
  );
}

const TOO_MANY = 429;

function refusalsOf({ body, rejections = [] }: ServedOperation): JsonObject {
  const all = [...(body === undefined ? [] : [Invalid]), ...rejections];
  const statuses = [...new Set(all.map(({ status }) => status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const here = all.filter((rejection) => rejection.status === status);
      if (here.length === 1 && here[0] === Invalid) return [String(status), commonResponse(status)];
      // What the port says itself where too much is asked stands beside it.
      return [String(status), rejected(status, status === TOO_MANY ? [...here, Overloaded] : here)];
    }),
  );
}

function answersOf(operation: ServedOperation): JsonObject {
  const { answer } = operation;
  const yes =
    answer.name === undefined
      ? { description: answer.description, headers: requestId }
      : described(answer.description, ref(answer.name));
  return {
    [answer.status]: yes,
    ...portResponses,
    ...refusalsOf(operation),
    [Unavailable.status]: commonResponse(Unavailable.status),
    [Internal.status]: commonResponse(Internal.status),
  };
}

/** By path and method. */
export function servedPaths(operations: readonly ServedOperation[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const { path, method, operationId, summary, tag, bearer = false, parameters = {}, body } = operation;
    const named = Object.keys(parameters).map((name) => ({
      $ref: `#/components/parameters/${parameterName(name)}`,
    }));
    paths[path] = {
      ...paths[path],
      [method]: {
        operationId,
        tags: [tag],
        summary,
        security: bearer ? [{ bearer: [] }] : [],
        ...(named.length > 0 && { parameters: named }),
        ...(body !== undefined && { requestBody: { required: true, content: jsonOf(ref(body.name)) } }),
        responses: answersOf(operation),
      },
    };
  }
  return paths;
}
