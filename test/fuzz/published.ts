import {
  type DocumentNode,
  type FieldNode,
  type GraphQLOutputType,
  getNamedType,
  getOperationAST,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { descriptionAt } from '../support/described.ts';
import { published } from './documents.ts';

// Whether replies are such as the platform has published: its OpenAPI for REST, its schema for GraphQL.

/** What is wrong with a reply; undefined: nothing. */
export type Judge = (path: string, status: number, body: unknown) => string | undefined;

/** Judges replies of REST by the description that the platform serves. @throws z.ZodError when there is none */
export async function restJudge(url: string): Promise<Judge> {
  const description = await descriptionAt(url);
  return (path, status, body) => description.answerProblem('post', path, { status, body });
}

type Bag = Readonly<Record<string, unknown>>;
const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields that a selection asks of an object of a type, by the names they are answered under. */
function asked(
  set: SelectionSetNode,
  typeName: string,
  document: DocumentNode,
  found = new Map<string, FieldNode>(),
) {
  for (const part of set.selections) {
    if (part.kind === Kind.FIELD) found.set((part.alias ?? part.name).value, part);
    else if (part.kind === Kind.INLINE_FRAGMENT) {
      const on = part.typeCondition?.name.value;
      const type = published.getType(typeName);
      const fits =
        on === undefined ||
        on === typeName ||
        (isObjectType(type) && type.getInterfaces().some(({ name }) => name === on));
      if (fits) asked(part.selectionSet, typeName, document, found);
    }
  }
  return found;
}

function leafProblem(type: GraphQLOutputType, value: unknown): string | undefined {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValue(String(value)) ? undefined : `is no ${named.name}`;
  switch (named.name) {
    case 'Int':
    case 'SafeInteger':
      return Number.isSafeInteger(value) ? undefined : 'is no whole number';
    case 'Boolean':
      return typeof value === 'boolean' ? undefined : 'is neither true nor false';
    case 'Json':
      return undefined;
    default:
      return typeof value === 'string' ? undefined : 'is no text';
  }
}

function valueProblem(
  type: GraphQLOutputType,
  value: unknown,
  field: FieldNode,
  document: DocumentNode,
): string | undefined {
  if (isNonNullType(type))
    return value === null ? 'is null' : valueProblem(type.ofType, value, field, document);
  if (value === null) return undefined;
  if (isListType(type)) {
    if (!Array.isArray(value)) return 'is no list';
    return value
      .map((item) => valueProblem(type.ofType, item, field, document))
      .find((problem) => problem !== undefined);
  }
  return field.selectionSet === undefined
    ? leafProblem(type, value)
    : objectProblem(type, value, field.selectionSet, document);
}

function objectProblem(
  type: GraphQLOutputType,
  value: unknown,
  set: SelectionSetNode,
  document: DocumentNode,
): string | undefined {
  if (!isBag(value)) return 'is no object';
  const named = getNamedType(type);
  const actual = isObjectType(named) ? named : published.getType(String(value.__typename));
  if (!isObjectType(actual)) return `is of the unknown type ${String(value.__typename)}`;
  const fields = asked(set, actual.name, document);
  const unasked = Object.keys(value).find((name) => !fields.has(name));
  if (unasked !== undefined) return `${unasked} was not asked for`;
  for (const [name, field] of fields) {
    if (field.name.value === '__typename') continue;
    const known = actual.getFields()[field.name.value];
    if (known === undefined) return `${actual.name} has no ${field.name.value}`;
    if (value[name] === undefined) return `${name} was asked for and is not there`;
    const problem = valueProblem(known.type, value[name], field, document);
    if (problem !== undefined) return `${name} ${problem}`;
  }
  return undefined;
}

/** Whether the data of a result is what the operation asked of the published schema. */
export function dataProblem(query: string, data: unknown): string | undefined {
  if (data === null || data === undefined) return undefined;
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch {
    return 'was answered, though the question is no GraphQL';
  }
  const operation = getOperationAST(document);
  const root = operation && published.getRootType(operation.operation);
  return operation && root
    ? objectProblem(root, data, operation.selectionSet, document)
    : 'answers no operation';
}
