/** What is known of an object beside what it says. */
export interface Notes<Value> {
  of(object: object): Value | undefined;
  /** Once for each object. */
  put(object: object, value: Value): void;
}

/**
 * Notes on objects, kept on the objects themselves where nobody who looks at them meets them: not listed, not copied, not
 * written as JSON. A `WeakMap` says the same, but a full collection goes through the entries of a large one while everything
 * stands still; only for objects that take no more properties there is no other way.
 */
export function notes<Value>(name: string): Notes<Value> {
  const key = Symbol(name);
  const onFrozen = new WeakMap<object, Value>();
  return {
    of: (object) => (object as { readonly [key]?: Value })[key] ?? onFrozen.get(object),
    put(object, value) {
      if (Object.isExtensible(object)) Object.defineProperty(object, key, { value });
      else onFrozen.set(object, value);
    },
  };
}
