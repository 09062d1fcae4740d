import { z } from 'zod';

// What is wrong with an input, in words for whoever sent it. The path beside it says where; each says what would be right.
// Schemas whose rule has a name of its own (a currency, an amount) say it themselves; this is what all others say.

const KINDS: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const kind = (name: string): string => KINDS[name] ?? name;

function kindOf(input: unknown): string {
  if (input === null) return kind('null');
  if (Array.isArray(input)) return kind('array');
  return typeof input === 'string' ? 'text' : kind(typeof input);
}

const count = (many: number | bigint, one: string): string =>
  `${many} ${one}${Number(many) === 1 ? '' : 's'}`;

/** How much there may be of something: `5 characters`, `3 items`, or just the number. */
function measured(origin: string, limit: number | bigint): string {
  if (origin === 'string') return count(limit, 'character');
  if (origin === 'array' || origin === 'set') return count(limit, 'item');
  return origin === 'object' ? count(limit, 'field') : `${limit}`;
}

/** More names than these are not told in a sentence. */
const MOST_NAMES = 12;
function oneOf(values: readonly unknown[]): string {
  const names = values.slice(0, MOST_NAMES).map((value) => JSON.stringify(value));
  const more = values.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} others` : ''}`;
}

/** Of fields that a message does not have. */
export const unknownFields = (names: readonly string[]): string =>
  names.length === 1
    ? `there is no field ${JSON.stringify(names[0])} here`
    : `there are no fields ${names.map((name) => JSON.stringify(name)).join(', ')} here`;

const typeProblem = (expected: string, input: unknown): string =>
  input === undefined
    ? `missing: ${kind(expected)} is needed`
    : `${kindOf(input)} where ${kind(expected)} is needed`;

/** What zod has found, as a sentence; schemas with words of their own are not asked. */
function problem(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeProblem(issue.expected, issue.input);
    case 'invalid_value':
      return issue.input === undefined
        ? `missing: needed is one of ${oneOf(issue.values)}`
        : `none of those that there are: ${oneOf(issue.values)}`;
    case 'too_small':
      return `too small: ${issue.inclusive === false ? 'more than' : 'at least'} ${measured(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `too large: ${issue.inclusive === false ? 'less than' : 'at most'} ${measured(issue.origin, issue.maximum)}`;
    case 'invalid_format':
      return issue.pattern === undefined
        ? `not written as a ${issue.format}`
        : `not written as it has to be, by the pattern ${issue.pattern}`;
    case 'not_multiple_of':
      return `no multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return unknownFields(issue.keys);
    case 'invalid_key':
      return 'the name of a field that cannot be one here';
    case 'invalid_element':
    case 'invalid_union':
      return 'none of the forms that it may have: /openapi.json and the GraphQL schema have them';
    case 'custom':
      return 'not as it has to be';
    default:
      return issue satisfies never;
  }
}

z.config({ customError: problem });
