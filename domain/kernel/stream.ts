/** A kind of streams: makes the name of one from what identifies it, `<category>-<id>`. */
export interface StreamDeclaration<Key = never, Category extends string = string> {
  (key: Key): string;
  readonly category: Category;
  /** How the names of all of them begin, for filters. */
  readonly prefix: `${Category}-`;
}

/** The category ends at the first hyphen of a name, so that none may contain one. */
const CATEGORY = /^[a-z]{1,32}$/;

/**
 * Declares the streams of one kind, which one decider decides.
 *
 * @param id what stands behind the category: an id, or several joined by `:`
 * @throws TypeError for a category whose names could be taken for another's
 */
export function stream<const Category extends string, Key>(
  category: Category,
  id: (key: Key) => string,
): StreamDeclaration<Key, Category> {
  if (!CATEGORY.test(category)) throw new TypeError(`${category} cannot be a category of streams`);
  const prefix = `${category}-` as const;
  return Object.assign((key: Key) => `${prefix}${id(key)}`, { category, prefix });
}
