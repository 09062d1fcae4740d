import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Router } from 'express';
import { NotFound, RejectedError } from '#domain/kernel/rejections.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';

// Which methods a path is served with is known to the routers alone, and read from them.

/** A layer of a router as it is; the types that come with Express still describe those of its version 4. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
  /** @throws URIError for a path whose parameters cannot be decoded */
  match(path: string): false | { readonly path: string };
}
const layersOf = (router: Router): readonly Layer[] => router.stack as unknown as readonly Layer[];

function matched(layer: Layer, path: string): false | { readonly path: string } {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}

/** @param path undefined: of any path */
function collect(layers: readonly Layer[], path: string | undefined, found: Set<string>): void {
  for (const layer of layers) {
    const match = path === undefined ? { path: '' } : matched(layer, path);
    if (match === false) continue;
    for (const method of Object.keys(layer.route?.methods ?? {})) found.add(method.toUpperCase());
    if (layer.handle.stack)
      collect(layer.handle.stack, path && (path.slice(match.path.length) || '/'), found);
  }
}

/** The methods that a path is served with, in the order of the alphabet; none where there is nothing. */
function methodsOf(routers: readonly Router[], { url = '/' }: IncomingMessage): readonly string[] {
  const found = new Set<string>();
  const path = url === '*' ? undefined : url.split('?', 1)[0];
  for (const router of routers) collect(layersOf(router), path, found);
  if (found.size === 0) return [];
  if (found.has('GET')) found.add('HEAD');
  return [...found.add('OPTIONS')].sort();
}

/** What the request gets that no router has answered: 405 where another method would be, else `not_found`. */
export function unserved(routers: readonly Router[], request: IncomingMessage): RejectedError {
  const methods = methodsOf(routers, request);
  if (methods.length === 0 && request.method !== 'TRACE')
    return new RejectedError(NotFound({ what: 'path' }));
  const headers = { Allow: methods.join(', ') };
  return new RefusedRequestError(405, 'the method is not one of those that are allowed here', { headers });
}

/** Says which methods there are. Whoever answers `OPTIONS` of browsers that ask before they send stands before it. */
export function preflight(routers: readonly Router[]): RequestHandler {
  return (request, response, next) => {
    if (request.method !== 'OPTIONS') return next();
    const methods = methodsOf(routers, request);
    if (methods.length === 0) return next(unserved(routers, request));
    response.status(204).set('Allow', methods.join(', ')).end();
  };
}
