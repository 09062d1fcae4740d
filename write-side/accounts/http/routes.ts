import { type Request, type Response, Router } from 'express';
import { SignedInElsewhere } from '#domain/accounts/door/messages.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { readJson } from '../../rest/body.ts';
import { type BodyName, type DoorOperation, operationOf } from './operations.ts';
import { ownRoutes } from './own.ts';
import { type AccountRoutes, BODY_BYTES, type BodyOf, bodyAs, told, visitorOf } from './surroundings.ts';

/** The secrets of people, and what is theirs, are in no cache. */
const uncached = (response: Response): Response => response.set('Cache-Control', 'no-store');

type Handle = (request: Request, response: Response) => Promise<unknown>;

/** What needs no token. */
function forAnybody(routes: AccountRoutes): Partial<Record<DoorOperation, Handle>> {
  const { door } = routes;
  const bodyOf = async <Name extends BodyName>(request: Request, name: Name): Promise<BodyOf<Name>> =>
    bodyAs(name, await readJson(request, BODY_BYTES));
  return {
    async register(request) {
      const { language, ...asked } = await bodyOf(request, 'Registration');
      const visitor = visitorOf(routes, request);
      return door.register(asked, { ...visitor, language: language ?? visitor.language });
    },
    verifyEmail: async (request) =>
      door.verifyEmail(await bodyOf(request, 'LinkFollowed'), visitorOf(routes, request)),
    async askReset(request) {
      const { email } = await bodyOf(request, 'ResetAsked');
      return door.askReset(email, visitorOf(routes, request));
    },
    reset: async (request) => door.reset(await bodyOf(request, 'PasswordReset'), visitorOf(routes, request)),
    changeEmail: async (request) =>
      door.changeEmail(await bodyOf(request, 'LinkFollowed'), visitorOf(routes, request)),
  };
}

/**
 * The door as JSON. Nothing here is asked by a browser on its own: what needs no token takes `application/json` alone, which a page of
 * another origin sends to nobody without being allowed to, and everything else needs a token.
 */
export function accountRoutes(routes: AccountRoutes): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const [name, handle] of [...Object.entries(forAnybody(routes)), ...ownRoutes(routes)]) {
    const { method, path, answer, rejections } = operationOf[name as DoorOperation];
    const issuer = rejections.includes(SignedInElsewhere) ? routes.issuerElsewhere : undefined;
    router[method](path.replaceAll(/\{(\w+)\}/g, ':$1'), async (request: Request, response: Response) => {
      if (issuer !== undefined) throw new RejectedError(SignedInElsewhere({ issuer }));
      const outcome = told(await handle(request, uncached(response)));
      if (response.headersSent) return;
      if (outcome === undefined) response.status(answer.status).end();
      else response.status(answer.status).json(outcome);
    });
  }
  return router;
}
