import { type Request, type Response, Router } from 'express';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import { networkOf } from '#runtime/address.ts';
import { declaredLength } from '#runtime/headers.ts';
import { spend } from '#runtime/ration.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
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
