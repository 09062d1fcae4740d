import { createHash } from 'node:crypto';

/**
 * An event's id that is a function of its cause, in the form of a UUIDv7: the same event bears the same id on every path
 * of the search, so that equal states are equal.
 */
export function idByCause(...cause: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(cause)).digest('hex');
  return `01900000-0000-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}

/** Small numbers for texts: the same text, the same number, counted from 1 in the order of their first use. */
export class Numbers {
  readonly #known = new Map<string, number>();

  of(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, this.#known.size + 1);
    return this.#known.size;
  }
}

/** One object for each text, made when the text is first met. */
export class Interned<T> {
  readonly #known = new Map<string, T>();

  get size(): number {
    return this.#known.size;
  }

  of(text: string, make: (id: number) => T): T {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = make(this.#known.size + 1);
    this.#known.set(text, made);
    return made;
  }

  values(): IterableIterator<T> {
    return this.#known.values();
  }
}

/** JSON in which the order of keys says nothing, a bigint is text, and lists of claims are sorted by their claim. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (Array.isArray(part)) return part.some(isClaim) ? part.toSorted(byClaim) : part;
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

const isClaim = (value: unknown): value is { readonly claimId: string } =>
  typeof value === 'object' && value !== null && 'claimId' in value;
const byClaim = (one: unknown, other: unknown): number =>
  isClaim(one) && isClaim(other) ? (one.claimId < other.claimId ? -1 : 1) : 0;
