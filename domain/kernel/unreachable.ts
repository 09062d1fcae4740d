/**
 * Where every case has been met: a new one does not compile until it has its place. A value that the types do not know of throws
 * instead of passing for what is returned.
 */
export function unreachable(value: never): never {
  const { type = value } = Object(value) as { readonly type?: unknown };
  throw new TypeError(`no case is there for ${String(type)}`);
}
