import { type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

// What the schema says of itself is the same for all, and costs nobody's data. But its lists stand within each other, and every
// field beneath them is answered once for each of their items: what is asked of them is counted by itself.

/** Fields of the schema's description that are lists. */
const LISTS: ReadonlySet<string> = new Set([
  ...['types', 'directives', 'fields', 'args', 'inputFields', 'enumValues', 'interfaces', 'possibleTypes'],
]);

/**
 * Counts what stands below one `__schema` or `__type`, with all that was counted before; says what is wrong with it, undefined:
 * nothing.
 */
export type IntrospectionCost = (set: SelectionSetNode) => string | undefined;

/**
 * Bounds the questions of one operation about the schema. A list within itself, through whatever stands between, multiplies what is
 * answered; the question that tools ask needs none.
 *
 * @param most fields below all of them together, those of a fragment counted wherever it is spread
 */
export function introspectionCost(
  most: number,
  fragmentOf: (name: string) => FragmentDefinitionNode | null | undefined,
): IntrospectionCost {
  let fields = 0;

  function problem(set: SelectionSetNode, within: readonly string[]): string | undefined {
    for (const selection of set.selections) {
      fields += 1;
      if (fields > most) return `more than ${most} fields of the schema`;
      const found = selectionProblem(selection, within);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function selectionProblem(
    selection: SelectionSetNode['selections'][number],
    within: readonly string[],
  ): string | undefined {
    if (selection.kind === Kind.INLINE_FRAGMENT) return problem(selection.selectionSet, within);
    const name = selection.name.value;
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragmentOf(name);
      // A cycle ends at the count, and is refused by a rule of its own.
      return fragment ? problem(fragment.selectionSet, within) : undefined;
    }
    if (selection.selectionSet === undefined) return undefined;
    if (!LISTS.has(name)) return problem(selection.selectionSet, within);
    if (within.includes(name)) return `${name} of the schema within ${name}`;
    return problem(selection.selectionSet, [...within, name]);
  }

  return (set) => problem(set, []);
}
