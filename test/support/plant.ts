import { registerHooks } from 'node:module';
import { GROWN } from './grown.ts';

// The one way to plant a fault, or to put something of a test's in the place of an engine, before the product is loaded: the product
// has no switch for it. What a module exports is changed for everybody who imports it, typed as what it is; whoever is to find the
// fault fails where a plant does not grow.

/** What is put in the place of an original, by the name of its module's export. */
const changes = new Map<string, Map<string, (original: never) => unknown>>();
/** Behind the address of a module that is changed: the module as it is. */
const ORIGINAL = '?original';
/** What an address is asked for by. */
let asked: ((url: string) => void) | undefined;

/** @throws Error for an export that is not there, or that its change leaves as it is: such a plant proves nothing */
export function changed<T>(url: string, name: string, original: T): T {
  const change = changes.get(url)?.get(name) as ((original: T) => T) | undefined;
  const other = change?.(original);
  if (original === undefined || other === undefined || other === original)
    throw new Error(`the plant changes nothing of ${name} in ${url}`);
  return other;
}

Object.assign(globalThis, {
  [Symbol.for(GROWN)]: <T>(url: string, name: string, original: T): T =>
    changes.get(url)?.has(name) ? changed(url, name, original) : original,
});

function sourceOf(url: string, names: Iterable<string>): string {
  const original = JSON.stringify(`${url}${ORIGINAL}`);
  const text = JSON.stringify(url);
  return [
    `import * as original from ${original};`,
    `import { changed } from ${JSON.stringify(import.meta.url)};`,
    `export * from ${original};`,
    ...[...names].map((name) => `export const ${name} = changed(${text}, '${name}', original.${name});`),
  ].join('\n');
}

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.endsWith(ORIGINAL))
      return { url: specifier, format: 'module-typescript', shortCircuit: true };
    const resolved = next(specifier, context);
    asked?.(resolved.url);
    return resolved;
  },
  load(url, context, next) {
    if (url.endsWith(ORIGINAL)) return next(url, context);
    const here = changes.get(url);
    if (here === undefined) return next(url, context);
    return { format: 'module', source: sourceOf(url, here.keys()), shortCircuit: true };
  },
});

/** Where an import leads; nothing is loaded. */
async function addressOf(load: () => Promise<object>): Promise<string> {
  let found = '';
  asked = (url) => {
    found ||= url;
    throw new Error('nothing is to be loaded yet');
  };
  await load().catch(() => undefined);
  asked = undefined;
  if (found === '') throw new Error(`${load} imports nothing`);
  return found;
}

/**
 * From now on whoever imports the module gets this in place of what it exports under the name.
 *
 * @param load imports the module, which is not loaded by that: `() => import('#room/file.ts')`
 */
export async function plant<Module extends object, Name extends keyof Module & string>(
  load: () => Promise<Module>,
  name: Name,
  change: (original: Module[Name]) => Module[Name],
): Promise<void> {
  const url = await addressOf(load);
  const here = changes.get(url) ?? new Map<string, (original: never) => unknown>();
  changes.set(url, here.set(name, change));
}

/** A fault as it is kept in a list, to be sown by its name in a process of its own. */
export interface Plant {
  readonly name: string;
  /** What goes wrong. */
  readonly story: string;
  /** What a change needs of the product is imported here and not above: it would be there before the plant is. */
  readonly sow: () => Promise<void>;
}
