import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from 'zod';

// The description that the platform publishes, as a stranger's validator reads it: neither zod nor a declaration of the platform
// takes part.

const Reference = z.strictObject({ $ref: z.string() });
type Reference = z.output<typeof Reference>;
const Schema = z.record(z.string(), z.unknown());
export type Schema = z.output<typeof Schema>;
const Content = z.object({ 'application/json': z.object({ schema: Schema }) });
const Header = z.object({ required: z.boolean().default(false), schema: Schema });

/** Without a content nothing is said. */
const Response = z.object({
  content: Content.optional(),
  headers: z.record(z.string(), Reference).default({}),
});
const Operation = z.object({
  operationId: z.string(),
  description: z.string().default(''),
  parameters: z.array(Reference).default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(z.string(), z.union([Reference, Response])),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), Schema),
    responses: z.record(z.string(), Response),
    headers: z.record(z.string(), Header),
    parameters: z.record(z.string(), z.object({ name: z.string(), schema: Schema })),
  }),
});
export type Document = z.output<typeof Document>;

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  /** Undefined: there was none. */
  readonly body: unknown;
  /** Reads one of its headers; left out, these are not judged. */
  readonly header?: (name: string) => string | null;
}

/** An operation that takes a body. */
export interface Asked {
  readonly path: string;
  readonly operationId: string;
  /** For people; of commands it names the roles. */
  readonly description: string;
  readonly body: Schema;
}

export interface Description {
  readonly document: Document;
  /** Every operation that takes a body, in the order of the document. */
  readonly operations: readonly Asked[];
  /** The schema that a reference leads to. */
  resolve(schema: Schema): Schema;
  /** The schema of a header that requests may carry. @throws TypeError for one that is not described */
  parameter(name: string): Schema;
  /** What a validator has against a value; undefined: it fits. */
  misfit(schema: Schema, value: unknown): string | undefined;
  /** What is wrong with an answer by the description; undefined: nothing. Fields that no schema names are wrong, too. */
  answerProblem(method: string, path: string, answer: Answer): string | undefined;
}

const last = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** The same schemas, in which an object has no field but those it names. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open = inner.type === 'object' && 'properties' in inner && !('additionalProperties' in inner);
  return open ? { ...inner, additionalProperties: false } : inner;
}

/** Keywords that mean something to OpenAPI, or to us, and nothing to a validator. */
const ANNOTATIONS = ['discriminator', 'x-secret', 'x-personal'];
const ROOT = 'openapi.json';
const inRoot = (schema: unknown): AnySchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', `"${ROOT}#/$defs/`)) as AnySchema;

function validatorOf($defs: unknown): (schema: Schema) => ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictTypes: false });
  for (const keyword of ANNOTATIONS) ajv.addKeyword(keyword);
  addFormats.default(ajv);
  ajv.addSchema(inRoot({ $id: ROOT, $defs }));
  const known = new Map<Schema, ValidateFunction>();
  return (schema) => {
    const validate = known.get(schema) ?? ajv.compile(inRoot(schema));
    known.set(schema, validate);
    return validate;
  };
}

/** Reads a description. @throws z.ZodError for one that is none */
export function describedBy(json: unknown): Description {
  const document = Document.parse(json);
  const { components, paths } = document;
  const asGiven = validatorOf(components.schemas);
  const strictly = validatorOf(closed(components.schemas));
  const problemOf = (validate: ValidateFunction, value: unknown): string | undefined => {
    if (validate(value)) return undefined;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`;
  };

  function headersProblem(headers: Record<string, Reference>, { header }: Answer): string | undefined {
    if (header === undefined) return undefined;
    for (const [name, { $ref }] of Object.entries(headers)) {
      const told = components.headers[last($ref)];
      if (told === undefined) return `${$ref} leads nowhere`;
      const value = header(name);
      if (value === null && told.required) return `${name} is missing`;
      const given = told.schema.type === 'integer' ? Number(value) : value;
      const problem = value === null ? undefined : problemOf(asGiven(told.schema), given);
      if (problem !== undefined) return `${name}: ${problem}`;
    }
    return undefined;
  }

  return {
    document,
    operations: Object.entries(paths).flatMap(([path, { post }]) =>
      post?.requestBody === undefined
        ? []
        : [
            {
              path,
              operationId: post.operationId,
              description: post.description,
              body: post.requestBody.content['application/json'].schema,
            },
          ],
    ),
    resolve: (schema) =>
      typeof schema.$ref === 'string' ? (components.schemas[last(schema.$ref)] ?? {}) : schema,
    parameter(name) {
      const found = Object.values(components.parameters).find((each) => each.name === name);
      if (found === undefined) throw new TypeError(`${name} is not described`);
      return found.schema;
    },
    misfit: (schema, value) => problemOf(asGiven(schema), value),
    answerProblem(method, path, answer) {
      const found = paths[path]?.[method]?.responses[String(answer.status)];
      const response = found && '$ref' in found ? components.responses[last(String(found.$ref))] : found;
      if (response === undefined || '$ref' in response) return `${answer.status} is not described`;
      const said = response.content?.['application/json'].schema;
      if (said === undefined) return answer.body === undefined ? undefined : 'something is said';
      return problemOf(strictly(said), answer.body) ?? headersProblem(response.headers, answer);
    },
  };
}

/** The description as a platform serves it. */
export const descriptionAt = async (url: string): Promise<Description> =>
  describedBy(await (await fetch(`${url}/openapi.json`)).json());
