import {
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValueNode,
} from 'graphql';
import { Invalid } from '#domain/kernel/rejections.ts';
import { pageItems, type ReadLimits } from '../limits.ts';
import { introspectionCost } from './introspection-cost.ts';

type CostLimits = Pick<ReadLimits, 'depthLevels' | 'costFields' | 'rootFields' | 'schemaFields'>;

/** Thrown inside the walk to end it at the first limit, so that fragments within fragments cost us no more than them. */
class OverLimitError extends Error {}

/** How many items each of these arguments asks for, as it is written; a variable may hold as many as are allowed. */
const asksFor: Readonly<Record<string, (given: ValueNode | undefined) => number>> = {
  first: (given) => {
    if (given === undefined) return pageItems.usual;
    return given.kind === Kind.INT ? Number(given.value) : pageItems.most;
  },
  ids: (given) => {
    if (given?.kind === Kind.VARIABLE) return pageItems.most;
    return given?.kind === Kind.LIST ? given.values.length : 1;
  },
};

/** Items the field may have. */
function itemsOf(node: FieldNode, field: GraphQLField<unknown, unknown> | undefined): number {
  const name = field?.args.find((arg) => Object.hasOwn(asksFor, arg.name))?.name;
  if (name === undefined) return 1;
  const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
  return Math.min(Math.max(1, asksFor[name]?.(given) ?? 1), pageItems.most);
}

const fieldOf = (type: GraphQLNamedType | undefined, name: string) =>
  isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;

/** What operations cost, in fields that their answers may come to. */
export interface Costs {
  set(operation: OperationDefinitionNode, fields: number): unknown;
}

/** What one operation has come to. It throws OverLimitError at the first limit. */
function spending(limits: CostLimits) {
  let fields = 0;
  let roots = 0;

  function add(items: number): void {
    fields += items;
    if (fields > limits.costFields) throw new OverLimitError(`more than ${limits.costFields} fields`);
  }

  return {
    get fields() {
      return fields;
    },
    field(items: number, depth: number): void {
      if (depth > limits.depthLevels) throw new OverLimitError(`deeper than ${limits.depthLevels} levels`);
      add(items);
      if (depth === 1 && ++roots > limits.rootFields)
        throw new OverLimitError(`more than ${limits.rootFields} fields at its root`);
    },
    /** A fragment counts even when it is empty: many of them nested would cost time without a field. */
    fragment: () => add(1),
  };
}

/** Fields that the answer of an operation may come to. @throws OverLimitError */
function costOf(operation: OperationDefinitionNode, context: ValidationContext, limits: CostLimits): number {
  const schema = context.getSchema();
  const open = new Set<FragmentDefinitionNode>();
  const spent = spending(limits);
  const problemInSchema = introspectionCost(limits.schemaFields, (name) => context.getFragment(name));

  function below(node: FieldNode, type: GraphQLNamedType | undefined, times: number, depth: number): void {
    spent.field(times, depth);
    const name = node.name.value;
    if (node.selectionSet === undefined) return;
    if (name.startsWith('__')) {
      const problem = problemInSchema(node.selectionSet);
      if (problem !== undefined) throw new OverLimitError(problem);
      return;
    }
    const field = fieldOf(type, name);
    const next = field === undefined ? undefined : getNamedType(field.type);
    walk(node.selectionSet, next, times * itemsOf(node, field), depth + 1);
  }

  function walk(
    set: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    times: number,
    depth: number,
  ): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        below(selection, type, times, depth);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        walk(selection.selectionSet, on === undefined ? type : schema.getType(on), times, depth);
      } else {
        spread(context.getFragment(selection.name.value), times, depth);
      }
    }
  }

  function spread(fragment: FragmentDefinitionNode | null | undefined, times: number, depth: number): void {
    // A cycle is refused by a rule of its own.
    if (!fragment || open.has(fragment)) return;
    open.add(fragment);
    spent.fragment();
    walk(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), times, depth);
    open.delete(fragment);
  }

  walk(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, 1, 1);
  return spent.fields;
}

/**
 * A validation rule: how deep, how wide and how costly an operation may be, before anything of it is done. What it costs is noted
 * for whoever does it.
 */
export const costRule =
  (limits: CostLimits, costs: Costs = new WeakMap()) =>
  (context: ValidationContext): ASTVisitor => ({
    OperationDefinition(node: OperationDefinitionNode) {
      try {
        costs.set(node, costOf(node, context, limits));
      } catch (error) {
        if (!(error instanceof OverLimitError)) throw error;
        const message = `The operation asks for ${error.message}.`;
        context.reportError(new GraphQLError(message, { nodes: [node], extensions: { code: Invalid.code } }));
      }
    },
  });
