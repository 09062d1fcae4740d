import type { ReadStore } from '#domain/kernel/ports/read-store.ts';

/** A call of a read store: `consumers.commit`, or `reset` for what belongs to no port alone. */
export interface ReadStoreCall {
  readonly name: string;
  readonly given: readonly unknown[];
}

type Called = (...given: readonly unknown[]) => Promise<unknown>;

/** Does the call. */
export function callOf(store: ReadStore, { name, given }: ReadStoreCall): Promise<unknown> {
  const [port, method] = name.split('.');
  const owner = method === undefined ? store : Reflect.get(store, port ?? '');
  return Reflect.apply(Reflect.get(owner, method ?? port ?? '') as Called, owner, given);
}

/** A read store of the same shape, each of whose calls is `answered`: late, in vain, or after something else was done. */
export function answering(shape: ReadStore, answered: (call: ReadStoreCall) => Promise<unknown>): ReadStore {
  const each = (members: object, prefix: string): object =>
    Object.fromEntries(
      Object.entries(members).map(([member, value]) => {
        const name = `${prefix}${member}`;
        // Nobody is asked for it.
        if (member === 'standing') return [member, value];
        if (typeof value !== 'function') return [member, each(value as object, `${name}.`)];
        return [member, (...given: readonly unknown[]) => answered({ name, given })];
      }),
    );
  return each(shape, '') as ReadStore;
}
