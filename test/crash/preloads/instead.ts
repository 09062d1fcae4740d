import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

// Changes of the platform that only a test may make, before any of its code is loaded: the product itself has no switch.

const root = resolve(import.meta.dirname, '../../..');
const urlOf = (path: string): string => pathToFileURL(resolve(root, path)).href;

/** Whoever `by` is gets the other module in place of the one it asks for. Paths are from the root. */
export function instead(options: { readonly of: string; readonly by: string; readonly give: string }): void {
  const by = urlOf(options.by);
  const of = urlOf(options.of);
  const give = urlOf(options.give);
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      return context.parentURL === by && resolved.url === of ? { ...resolved, url: give } : resolved;
    },
  });
}

/**
 * Changes the text of a module.
 * @throws Error when the text is not as the change expects it: a plant that does not grow proves nothing
 */
export function rewritten(path: string, changes: readonly (readonly [from: string, to: string])[]): void {
  const url = urlOf(path);
  registerHooks({
    load(asked, context, next) {
      const loaded = next(asked, context);
      if (asked !== url) return loaded;
      let text = String(loaded.source);
      for (const [from, to] of changes) {
        if (!text.includes(from)) throw new Error(`${path} does not say ${from}`);
        text = text.replace(from, to);
      }
      return { ...loaded, source: text };
    },
  });
}
