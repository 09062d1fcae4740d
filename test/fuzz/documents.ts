import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { Json } from '#domain/kernel/canonical.ts';
import type { Chance } from './chance.ts';
import { meaningOf, type Values } from './values.ts';

// Operations made from the schema as it is published, of any of its fields.

export const published = buildSchema(
  readFileSync(new URL('../../read-api/schema.graphql', import.meta.url), 'utf8'),
);

type Root = 'query' | 'mutation' | 'subscription';
export interface RootField {
  readonly root: Root;
  readonly name: string;
  /** Who may ask, as the schema says it; empty: everybody, or everybody who has signed in. */
  readonly roles: readonly string[];
}
/** A field of the schema, and the way to it: from a field of a root through others. */
export interface Target {
  /** `Auction.price` */
  readonly coordinate: string;
  readonly from: RootField;
  readonly way: readonly string[];
}

const rootTypes: readonly (readonly [Root, GraphQLObjectType | null | undefined])[] = [
  ['query', published.getQueryType()],
  ['mutation', published.getMutationType()],
  ['subscription', published.getSubscriptionType()],
];

/** The end of a description: `For admin, auditor.` */
const rolesIn = (description: string | null | undefined): readonly string[] =>
  /For ((?:[a-z]+, )*[a-z]+)\.$/.exec(description ?? '')?.[1]?.split(', ') ?? [];

/** Every field of every object that can be reached, the nearest way to each. */
function allTargets(): readonly Target[] {
  const found = new Map<string, Target>();
  const open: {
    readonly type: GraphQLObjectType;
    readonly from: RootField;
    readonly way: readonly string[];
  }[] = [];
  function reach(
    owner: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    from: RootField,
    before: readonly string[],
  ) {
    const coordinate = `${owner.name}.${field.name}`;
    if (found.has(coordinate)) return;
    const way = [...before, coordinate];
    found.set(coordinate, { coordinate, from, way });
    const type = getNamedType(field.type);
    // What stands behind an interface has a nearer way of its own.
    const inner = isUnionType(type) ? type.getTypes() : isObjectType(type) ? [type] : [];
    for (const next of inner) open.push({ type: next, from, way });
  }
  for (const [root, type] of rootTypes)
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (type) reach(type, field, { root, name: field.name, roles: rolesIn(field.description) }, []);
    }
  for (let next = open.shift(); next !== undefined; next = open.shift())
    for (const field of Object.values(next.type.getFields())) reach(next.type, field, next.from, next.way);
  return [...found.values()];
}
export const targets = allTargets();

export interface Operation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  /** The coordinates of what it asks for. */
  readonly asks: readonly string[];
}

/** Deeper than any page of pages. */
const MOST_LEVELS = 7;

function inputOf(type: GraphQLInputType, field: string, chance: Chance, values: Values): Json {
  if (isNonNullType(type)) return inputOf(type.ofType, field, chance, values);
  if (isListType(type)) {
    return Array.from({ length: chance.between(1, 2) }, () => inputOf(type.ofType, field, chance, values));
  }
  if (isEnumType(type)) return chance.pick(type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (each) => isNonNullType(each.type) || chance.percent(40),
    );
    return Object.fromEntries(
      fields.map((each) => [each.name, inputOf(each.type, each.name, chance, values)]),
    );
  }
  const made = values.named(meaningOf(field) ?? '') ?? values.named(type.name);
  if (made === undefined) throw new Error(`nobody has told how to make ${field}: ${type.name}`);
  return made;
}

/** Writes an operation on one field of a root, with the way to a target in it and whatever chance adds. */
export function operationOn(
  from: RootField,
  chance: Chance,
  values: Values,
  options: {
    readonly way?: readonly string[];
    readonly given?: Readonly<Record<string, unknown>>;
    /** Without any argument that may be left out. */
    readonly bare?: boolean;
  } = {},
): Operation {
  const { way = [], given, bare = false } = options;
  const wanted = new Set(way);
  const asks: string[] = [];
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};

  function argsOf(
    field: GraphQLField<unknown, unknown>,
    own: Readonly<Record<string, unknown>> | undefined,
  ): string {
    const parts = field.args.flatMap((arg) => {
      const isGiven = own !== undefined && Object.hasOwn(own, arg.name);
      if (own !== undefined ? !isGiven : !isNonNullType(arg.type) && (bare || chance.percent(75))) return [];
      const name = `v${declared.length}`;
      declared.push(`$${name}: ${arg.type}`);
      variables[name] = own === undefined ? inputOf(arg.type, arg.name, chance, values) : own[arg.name];
      return [`${arg.name}: $${name}`];
    });
    return parts.length === 0 ? '' : `(${parts.join(', ')})`;
  }

  function fieldText(
    owner: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    level: number,
    alias: string,
    own?: Readonly<Record<string, unknown>>,
  ): string {
    asks.push(`${owner.name}.${field.name}`);
    const args = argsOf(field, own);
    return `${alias}${field.name}${args}${selection(getNamedType(field.type), level + 1)}`;
  }

  function fieldsOf(type: GraphQLObjectType, level: number, prefix: string): string {
    const chosen = Object.values(type.getFields()).filter((field) => {
      if (wanted.has(`${type.name}.${field.name}`)) return true;
      const composite = isObjectType(getNamedType(field.type));
      return level < MOST_LEVELS && chance.percent(composite ? 25 : 55);
    });
    // Two members of a union or an interface may call fields of different types the same.
    const texts = chosen.map((field) => fieldText(type, field, level, prefix && `${prefix}_${field.name}: `));
    return ['__typename', ...texts].join(' ');
  }

  function selection(type: ReturnType<typeof getNamedType>, level: number): string {
    if (isAbstractType(type)) {
      const members = published.getPossibleTypes(type).filter((member) => {
        const isWanted = way.some((coordinate) => coordinate.startsWith(`${member.name}.`));
        return isWanted || chance.percent(40);
      });
      const texts = members.map(
        (member) => `... on ${member.name} { ${fieldsOf(member, level, member.name)} }`,
      );
      const common = isUnionType(type) ? '... on Rejection { code message }' : 'id';
      return ` { __typename ${common} ${texts.join(' ')} }`;
    }
    return isObjectType(type) ? ` { ${fieldsOf(type, level, '')} }` : '';
  }

  const owner = rootTypes.find(([root]) => root === from.root)?.[1];
  const field = owner?.getFields()[from.name];
  if (!owner || field === undefined) throw new Error(`no ${from.root} is called ${from.name}`);
  const body = fieldText(owner, field, 1, '', given);
  const head = declared.length === 0 ? from.root : `${from.root} Fuzzed(${declared.join(', ')})`;
  return { query: `${head} { ${body} }`, variables, asks };
}
