import { Router } from 'express';
import type { Registry } from '#domain/kernel/registry.ts';
import { docsPage } from './docs-page.ts';
import type { DevelopmentOperation } from './openapi/development.ts';
import type { ServedOperation } from './openapi/served.ts';
import { openApi } from './openapi.ts';

export interface Documentation {
  readonly registry: Registry;
  /** Of the platform. */
  readonly version: string;
  /** The conveniences of development that are described, too. */
  readonly development: readonly DevelopmentOperation[];
  readonly served: readonly ServedOperation[];
  /** Where the commands are taken; asked for late, since a port may be chosen late. */
  readonly publicUrl: () => string;
}

/** `GET /openapi.json`, `GET /docs`, and `/` leads there: what there is, for machines and for people. */
export function documentation({ registry, version, development, served, publicUrl }: Documentation): Router {
  let description: string | undefined;
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/openapi.json', (_request, response) => {
    description ??= JSON.stringify(
      openApi(registry, { version, servers: [publicUrl()], development, served }),
    );
    response.type('application/json').send(description);
  });
  // Whoever opens the bare address in a browser is shown what there is.
  router.get('/', (_request, response) => response.redirect('/docs'));
  return router.use(docsPage(publicUrl));
}
