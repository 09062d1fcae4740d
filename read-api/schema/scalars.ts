import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { Invalid } from '#domain/kernel/rejections.ts';
import { JSON_SCALAR, SAFE_INTEGER } from './types.ts';

// A scalar checks only what kind of value it is. Whether a text is an amount or a moment is judged by zod, where every
// other field of the same message is judged too. A scalar that threw a TypeError would answer as a failure of ours.

const malformed = (name: string, expected: string, nodes?: ValueNode): GraphQLError =>
  new GraphQLError(`${name} is ${expected}`, {
    ...(nodes && { nodes }),
    extensions: { code: Invalid.code },
  });

function textScalar(name: string): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    serialize(value) {
      if (typeof value === 'string') return value;
      if (typeof value === 'bigint') return value.toString();
      throw new TypeError(`${name} is handed out as text`);
    },
    parseValue(value) {
      if (typeof value !== 'string') throw malformed(name, 'a string');
      return value;
    },
    parseLiteral(node) {
      if (node.kind !== Kind.STRING) throw malformed(name, 'a string', node);
      return node.value;
    },
  });
}

const safeInteger = new GraphQLScalarType({
  name: SAFE_INTEGER,
  serialize(value) {
    if (Number.isSafeInteger(value)) return value;
    throw new TypeError('a whole number is at most 2^53');
  },
  parseValue(value) {
    if (!Number.isSafeInteger(value)) throw malformed(SAFE_INTEGER, 'a whole number');
    return value;
  },
  parseLiteral(node) {
    const value = node.kind === Kind.INT ? Number(node.value) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw malformed(SAFE_INTEGER, 'a whole number', node);
    return value;
  },
});

/** The printer never puts it where something is taken in. */
const anyJson = new GraphQLScalarType({
  name: JSON_SCALAR,
  serialize: (value) => value,
  parseValue() {
    throw malformed(JSON_SCALAR, 'only handed out');
  },
  parseLiteral(node) {
    throw malformed(JSON_SCALAR, 'only handed out', node);
  },
});

/** The scalar of a name the printer has used. */
export function scalarOf(name: string): GraphQLScalarType {
  if (name === JSON_SCALAR) return anyJson;
  if (name === SAFE_INTEGER) return safeInteger;
  return textScalar(name);
}
