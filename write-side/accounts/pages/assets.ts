import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';

// The style sheet and the one script. What a file says is in its name, so that a browser may keep it for as long as it likes.

const FOLDER = join(import.meta.dirname, 'assets');
const AT = '/account/assets';
const YEAR_SECONDS = 31_536_000;

function asset(name: string, extension: 'css' | 'js') {
  const body = readFileSync(join(FOLDER, `${name}.${extension}`), 'utf8');
  const version = hash('sha256', body, 'base64url').slice(0, 16);
  return { body, extension, path: `${AT}/${name}.${version}.${extension}` } as const;
}

const style = asset('pages', 'css');
const script = asset('pages', 'js');

/** Where pages find them. */
export const stylePath = style.path;
export const scriptPath = script.path;

export function assetRoutes(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const { body, extension, path } of [style, script])
    router.get(path, (_request, response) => {
      response.set('Cache-Control', `public, max-age=${YEAR_SECONDS}, immutable`).type(extension).send(body);
    });
  return router;
}
