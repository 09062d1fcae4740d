// Files that import each other, directly or through others, can only be understood together: types count as well.

type Imports = ReadonlyMap<string, readonly string[]>;

/** The shortest way from a file back to itself, that file last; undefined: there is none. */
function wayBack(from: string, imports: Imports): readonly string[] | undefined {
  const via = new Map<string, string>();
  const open = [from];
  for (const file of open)
    for (const to of imports.get(file) ?? []) {
      if (via.has(to)) continue;
      via.set(to, file);
      open.push(to);
      if (to !== from) continue;
      const way = [from];
      for (let at = file; at !== from; at = via.get(at) ?? from) way.unshift(at);
      return way;
    }
  return undefined;
}

/** The circles in which imports lead, as sentences; each is told once, beginning with its first file by name. */
export function circles(imports: Imports): readonly string[] {
  const found = [...imports.keys()].flatMap((file) => {
    const way = wayBack(file, imports);
    return way === undefined || way.some((other) => other < file) ? [] : [[file, ...way].join(' → ')];
  });
  return found.map((way) => `${way}: a circle; what both need stands in a file of its own`);
}
