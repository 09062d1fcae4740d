import { fileURLToPath } from 'node:url';
import { Router } from 'express';

// Swagger UI over `/openapi.json`, from the package as it is published: nothing is loaded from elsewhere (ADR 27).

const FOLDER = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')));
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Annals: commands</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" type="image/png" href="/docs/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div>
<noscript>The description for machines: <a href="/openapi.json">OpenAPI 3.1</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;

/** A file of its own, so that the page needs no script inside it. */
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

/** Swagger UI sets styles of its own and draws its arrows as data; requests go where commands are taken. */
const policy = (commandsAt: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(commandsAt).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * `GET /docs`: the commands for a person to read and to try, with their fields, types, answers and roles.
 * @param publicUrl where commands are taken; asked for late, since a port may be chosen late
 */
export function docsPage(publicUrl: () => string): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/docs', (_request, response) => {
    response.set('Content-Security-Policy', policy(publicUrl())).type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('js').send(START);
  });
  for (const file of FILES)
    router.get(`/docs/${file}`, (_request, response, next) => {
      response.sendFile(file, { root: FOLDER, cacheControl: false }, (error?: Error) => {
        // Whoever leaves in the middle is answered no more.
        if (error !== undefined && !response.headersSent) next(error);
      });
    });
  return router;
}
