import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  Kind,
  type ValueNode,
  type VariableValues,
} from 'graphql';
import { pageItems } from '../limits.ts';
import { mostOf } from '../list-bounds.ts';

// How many items a field may have, by what it is asked for. What is more than may be asked for is counted as it is: the refusal is
// the same, wherever the number stands.

type Field = GraphQLField<unknown, unknown>;

/**
 * Items that a field may have, for each of which what stands below it is answered.
 *
 * @param isPage whether it stands in what was asked for by the page, as the edges of a connection do
 */
export type ItemsOf = (node: FieldNode, field: Field | undefined, isPage: boolean) => number;

/** How many items the value of each of these arguments asks for. */
const asksFor: Readonly<Record<string, (value: unknown) => number>> = {
  first: (value) => (typeof value === 'number' ? value : pageItems.usual),
  ids: (value) => (Array.isArray(value) ? value.length : 1),
};
const isAsking = (name: string): boolean => Object.hasOwn(asksFor, name);

const asking = new WeakMap<GraphQLArgument | GraphQLInputField, boolean>();

/** Whether an argument asks for items, itself or by something in it; input objects may hold each other. */
function asks(argument: GraphQLArgument | GraphQLInputField): boolean {
  const known = asking.get(argument);
  if (known !== undefined) return known;
  asking.set(argument, false);
  const type = getNamedType(argument.type);
  const found =
    isAsking(argument.name) || (isInputObjectType(type) && Object.values(type.getFields()).some(asks));
  asking.set(argument, found);
  return found;
}

const asksIn = (field: Field): readonly GraphQLArgument[] => field.args.filter(asks);
const isList = (field: Field): boolean => isListType(getNullableType(field.type));

/** Whether a field is asked for by the page: the lists that stand in it have the items that it was counted for. */
export const isPaged = (field: Field): boolean => !isList(field) && asksIn(field).length > 0;

/** Of a list that nobody asks for by the page. What has no fields costs as little as a longer text. */
const unasked = (field: Field, isPage: boolean): number =>
  isPage || !isList(field) || isLeafType(getNamedType(field.type)) ? 1 : mostOf(field);

/** The most that is asked for anywhere in these values. */
function mostIn(values: object): number {
  let most = 1;
  for (const [name, value] of Object.entries(values)) {
    if (isAsking(name)) most = Math.max(most, asksFor[name]?.(value) ?? 1);
    else if (typeof value === 'object' && value !== null) most = Math.max(most, mostIn(value));
  }
  return most;
}

/** As it comes to with the values of variables, their defaults and those of arguments. */
export const itemsGiven =
  (variables: VariableValues): ItemsOf =>
  (node, field, isPage) => {
    if (field === undefined) return 1;
    const itself = asksIn(field);
    if (itself.length === 0) return unasked(field, isPage);
    try {
      const values = getArgumentValues(field, node, variables);
      return mostIn(Object.fromEntries(itself.map(({ name }) => [name, values[name]])));
    } catch {
      // The field is refused for it, and nothing below it is answered.
      return 1;
    }
  };

/** What a literal writes, as far as items are counted by it; a variable stands for one. */
function written(value: ValueNode | undefined): unknown {
  if (value?.kind === Kind.INT) return Number(value.value);
  if (value?.kind === Kind.LIST) return value.values;
  if (value?.kind === Kind.OBJECT)
    return Object.fromEntries(value.fields.map((field) => [field.name.value, written(field.value)]));
  return value?.kind === Kind.VARIABLE ? 1 : undefined;
}

/** As far as the document alone says it. */
export const itemsWritten: ItemsOf = (node, field, isPage) => {
  if (field === undefined) return 1;
  const given = (name: string) => node.arguments?.find((argument) => argument.name.value === name)?.value;
  const itself = asksIn(field);
  if (itself.length === 0) return unasked(field, isPage);
  return mostIn(Object.fromEntries(itself.map(({ name }) => [name, written(given(name))])));
};
