import {
  type ASTVisitor,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { Invalid } from '#domain/kernel/rejections.ts';
import type { ReadLimits } from '../limits.ts';
import { introspectionCost } from './introspection-cost.ts';
import { type ItemsOf, isPaged, itemsGiven, itemsWritten } from './items.ts';

type CostLimits = Pick<ReadLimits, 'depthLevels' | 'costFields' | 'rootFields' | 'schemaFields'>;

/** Thrown inside the walk to end it at the first limit, so that fragments within fragments cost us no more than them. */
class OverLimitError extends Error {}

const fieldOf = (type: GraphQLNamedType | undefined, name: string) =>
  isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;

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
    get roots() {
      return roots;
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

/** Where an operation stands. */
interface Within {
  readonly schema: GraphQLSchema;
  readonly fragmentOf: (name: string) => FragmentDefinitionNode | null | undefined;
}

/** What a selection stands in. */
interface Above {
  readonly type: GraphQLNamedType | undefined;
  /** How often it may be answered. */
  readonly times: number;
  readonly depth: number;
  /** Whether it was asked for by the page. */
  readonly isPage: boolean;
}

/** What an operation comes to: fields of its answer, and those at its root. */
export interface Cost {
  readonly fields: number;
  readonly roots: number;
}

/** @throws OverLimitError */
function spentBy(
  operation: OperationDefinitionNode,
  { schema, fragmentOf }: Within,
  limits: CostLimits,
  itemsOf: ItemsOf,
): Cost {
  const open = new Set<FragmentDefinitionNode>();
  const spent = spending(limits);
  const problemInSchema = introspectionCost(limits.schemaFields, fragmentOf);

  function below(node: FieldNode, { type, times, depth, isPage }: Above): void {
    spent.field(times, depth);
    const name = node.name.value;
    if (node.selectionSet === undefined) return;
    if (name.startsWith('__')) {
      const problem = problemInSchema(node.selectionSet);
      if (problem !== undefined) throw new OverLimitError(problem);
      return;
    }
    const field = fieldOf(type, name);
    walk(node.selectionSet, {
      type: field && getNamedType(field.type),
      times: times * itemsOf(node, field, isPage),
      depth: depth + 1,
      isPage: field !== undefined && isPaged(field),
    });
  }

  function walk(set: SelectionSetNode, above: Above): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        below(selection, above);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        walk(selection.selectionSet, on === undefined ? above : { ...above, type: schema.getType(on) });
      } else {
        spread(fragmentOf(selection.name.value), above);
      }
    }
  }

  function spread(fragment: FragmentDefinitionNode | null | undefined, above: Above): void {
    // A cycle is refused by a rule of its own.
    if (!fragment || open.has(fragment)) return;
    open.add(fragment);
    spent.fragment();
    walk(fragment.selectionSet, { ...above, type: schema.getType(fragment.typeCondition.name.value) });
    open.delete(fragment);
  }

  const root = schema.getRootType(operation.operation) ?? undefined;
  walk(operation.selectionSet, { type: root, times: 1, depth: 1, isPage: false });
  return { fields: spent.fields, roots: spent.roots };
}

function refusal(operation: OperationDefinitionNode, { message }: OverLimitError): GraphQLError {
  const extensions = { code: Invalid.code, http: { status: 400, spec: true } };
  return new GraphQLError(`The operation asks for ${message}.`, { nodes: [operation], extensions });
}

/** @throws what is no limit */
function overLimit(error: unknown): OverLimitError {
  if (error instanceof OverLimitError) return error;
  throw error;
}

/**
 * A validation rule: how deep and how wide an operation may be, before GraphQL's own rules compare each of its fields with each
 * other. What its variables ask for is not known yet, and counts as one item.
 */
export const shapeRule =
  (limits: CostLimits) =>
  (context: ValidationContext): ASTVisitor => ({
    OperationDefinition(node: OperationDefinitionNode) {
      const within = {
        schema: context.getSchema(),
        fragmentOf: (name: string) => context.getFragment(name),
      };
      try {
        spentBy(node, within, limits, itemsWritten);
      } catch (error) {
        context.reportError(refusal(node, overLimit(error)));
      }
    },
  });

const nothing: Cost = { fields: 0, roots: 0 };

/**
 * What a valid operation costs with the values that its variables have come to, in fields that its answer may have; the refusal of one
 * that costs too much. Every transport asks here, before anything of the operation is done.
 */
export function costOf(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  limits: CostLimits,
): Cost | GraphQLError {
  const operation = getOperationAST(document, operationName);
  // Whoever executes says what is wrong with it.
  if (!operation) return nothing;
  const known = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}, {
    maxErrors: 1,
  });
  if ('errors' in known || known.variableValues === undefined) return nothing;
  const fragments = new Map(
    document.definitions.flatMap((it) =>
      it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it] as const] : [],
    ),
  );
  const within = { schema, fragmentOf: (name: string) => fragments.get(name) };
  try {
    return spentBy(operation, within, limits, itemsGiven(known.variableValues));
  } catch (error) {
    return refusal(operation, overLimit(error));
  }
}
