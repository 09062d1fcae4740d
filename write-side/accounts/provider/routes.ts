import { type Request, type Response, Router } from 'express';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import { networkOf } from '#runtime/address.ts';
import { declaredLength } from '#runtime/headers.ts';
import { spend } from '#runtime/ration.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { readForm } from '../pages/intake.ts';
import type { OwnPages } from './browsers.ts';
import { CALLBACK_PATH } from './own-client.ts';
import type { TokenProvider } from './provider.ts';

/** The largest body that the provider reads, in bytes. */
const BODY_BYTES = 56 * 1_024;

const GET = [
  '/auth',
  '/auth/:uid',
  '/jwks',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/session/end',
  '/session/end/success',
  '/device',
  '/device/:uid',
];
/** What may be asked by a form too (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). */
const BY_FORM = ['/auth', '/session/end'];
/** The longest of such forms, in characters: it goes on as an address. */
const FORM_CHARACTERS = 8 * 1_024;
const POST = [
  '/token',
  '/token/introspection',
  '/token/revocation',
  '/session/end/confirm',
  '/device',
  '/device/auth',
];

/** Each route by itself, so that the router knows which there are: whatever else is asked for is answered by the catalogue. */
export function providerRoutes(
  path: string,
  provider: Pick<TokenProvider, 'handle'>,
  own: Pick<OwnPages, 'callback'>,
  guesses: { readonly quota: Quota; readonly addressOf: (request: Request) => string | undefined },
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const handed = async (request: Request, response: Response) => {
    if ((declaredLength(request.headers) ?? 0) > BODY_BYTES)
      throw new RefusedRequestError(413, `the body is larger than ${BODY_BYTES} bytes`);
    await provider.handle(request, response);
  };
  // The codes that devices show are short: nobody tries many of them.
  router.post(`${path}/device`, async (request, response, next) => {
    await spend(guesses.quota, networkOf(guesses.addressOf(request) ?? ''), 1, response);
    next();
  });
  // Cookies are `SameSite=Lax`, which a form of another site comes without: the same question by an address has them, and sets none anew.
  for (const route of BY_FORM)
    router.post(`${path}${route}`, async (request, response) => {
      const asked = new URLSearchParams(await readForm(request)).toString();
      if (asked.length > FORM_CHARACTERS)
        throw new RefusedRequestError(413, `the form is longer than ${FORM_CHARACTERS} characters`);
      response.set('Cache-Control', 'no-store').redirect(303, `${path}${route}?${asked}`);
    });
  for (const route of GET) router.get(`${path}${route}`, handed);
  for (const route of POST) router.post(`${path}${route}`, handed);
  // RFC 8414 has it in front of the path.
  router.get(`/.well-known/oauth-authorization-server${path}`, async (request, response) => {
    request.url = `${path}/.well-known/oauth-authorization-server`;
    await provider.handle(request, response);
  });
  router.get(CALLBACK_PATH, (request, response) => own.callback(request, response));
  return router;
}
