import type { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { jsonSchemas } from '#domain/kernel/json-schema.ts';
import type { RejectionDeclaration } from '#domain/kernel/message.ts';
import { commonResponse, described, portResponses, rejectionName } from './answers.ts';
import { jsonOf, ref, toComponent } from './json.ts';
import type { Requests } from './requests.ts';

/** What a convenience of development takes and answers, by the schemas that parse it. It stands beside its router. */
export interface DevelopmentOperation {
  /** As OpenAPI writes it: `/dev/payments/{paymentId}`. */
  readonly path: `/dev/${string}`;
  readonly method: 'get' | 'post';
  readonly operationId: string;
  readonly summary: string;
  /** Of its path, by name. */
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  readonly body?: NamedSchema;
  readonly answer: NamedSchema & { readonly status: 200 | 201 | 202; readonly description: string };
  /** What it refuses beside what the port does. */
  readonly rejections?: readonly RejectionDeclaration[];
}

interface NamedSchema {
  /** Of its component. */
  readonly name: string;
  readonly schema: z.ZodType;
}

export const developmentTag = {
  name: 'development',
  description: 'Conveniences of development. No process in production has them.',
};

type Components = readonly (readonly [name: string, component: JsonObject])[];

const parameterName = (name: string): string => name.replace(/^./, (first) => first.toUpperCase());

const schemasOf = (operations: readonly DevelopmentOperation[]) =>
  jsonSchemas(
    Object.fromEntries(
      operations.flatMap(({ body, answer, parameters = {} }) => [
        ...(body === undefined ? [] : [[body.name, body.schema] as const]),
        [answer.name, answer.schema] as const,
        ...Object.entries(parameters).map(([name, schema]) => [parameterName(name), schema] as const),
      ]),
    ),
  );

export function developmentSchemas(
  operations: readonly DevelopmentOperation[],
  requests: Requests,
): Components {
  const { schemas, $defs } = schemasOf(operations);
  return [
    ...Object.entries($defs).map(([name, schema]) => [name, toComponent(schema)] as const),
    ...operations.flatMap(({ body, answer }) => [
      ...(body === undefined ? [] : [[body.name, requests.component(schemas[body.name] ?? {})] as const]),
      [answer.name, toComponent(schemas[answer.name] ?? {})] as const,
    ]),
  ];
}

export function developmentParameters(operations: readonly DevelopmentOperation[]): JsonObject {
  const { schemas } = schemasOf(operations);
  const names = operations.flatMap(({ parameters = {} }) => Object.keys(parameters));
  return Object.fromEntries(
    names.map((name) => {
      const schema = toComponent(schemas[parameterName(name)] ?? {});
      return [parameterName(name), { name, in: 'path', required: true, schema }];
    }),
  );
}

function answersOf({ answer, body, rejections = [] }: DevelopmentOperation): JsonObject {
  return {
    [answer.status]: described(answer.description, ref(answer.name)),
    ...portResponses,
    ...(body === undefined ? {} : { '400': commonResponse(400) }),
    ...Object.fromEntries(
      rejections.map(({ status, code, message }) => [
        String(status),
        described(message, ref(rejectionName(code))),
      ]),
    ),
    '500': commonResponse(500),
  };
}

/** By path and method. */
export function developmentPaths(operations: readonly DevelopmentOperation[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const { path, method, operationId, summary, parameters = {}, body } = operation;
    const named = Object.keys(parameters).map((name) => ({
      $ref: `#/components/parameters/${parameterName(name)}`,
    }));
    paths[path] = {
      ...paths[path],
      [method]: {
        operationId,
        tags: [developmentTag.name],
        summary,
        security: [],
        ...(named.length > 0 && { parameters: named }),
        ...(body !== undefined && { requestBody: { required: true, content: jsonOf(ref(body.name)) } }),
        responses: answersOf(operation),
      },
    };
  }
  return paths;
}
