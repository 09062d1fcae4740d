/** How many of something each key has. Holds no key that has none. */
export interface Counts {
  of(key: string): number;
  /** How many keys have some. */
  readonly size: number;
  add(key: string): void;
  /** One less; of a key that has none, nothing. */
  remove(key: string): void;
}

export function counts(): Counts {
  const many = new Map<string, number>();
  return {
    of: (key) => many.get(key) ?? 0,
    get size() {
      return many.size;
    },
    add: (key) => void many.set(key, (many.get(key) ?? 0) + 1),
    remove(key) {
      const left = (many.get(key) ?? 0) - 1;
      if (left > 0) many.set(key, left);
      else many.delete(key);
    },
  };
}
