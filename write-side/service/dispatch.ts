import { type RequestHandler, Router } from 'express';
import type { z } from 'zod';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid, RejectedError, Unauthenticated } from '#domain/kernel/rejections.ts';
import { bearerToken } from '#runtime/bearer.ts';
import type { ClockKind, Greeting } from '#runtime/service/greeting.ts';
import { serviceLimits, servicePaths } from '#runtime/service/limits.ts';
import { readEnvelope, replyText } from '#runtime/service/messages.ts';
import { readJson } from '../rest/body.ts';

/** Whether a token is one of the platform's own processes. */
export type KnowsRole = (token: string) => Promise<boolean>;

/** Lets only the platform's own processes pass. @throws RejectedError with `unauthenticated`, for whatever reason */
export const onlyRoles =
  (knows: KnowsRole): RequestHandler =>
  async (request, _response, next) => {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined || !(await knows(token))) throw new RejectedError(Unauthenticated({}));
    next();
  };

export interface DispatchRoutes {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  readonly knows: KnowsRole;
  /** By which clock the business lives. */
  readonly lives: ClockKind;
}

/**
 * `POST /greeting`: what there is to know of us, for a role that asks whether it would be let in. `POST /dispatch`: an envelope in,
 * what its command came to out, with status 200 whatever that is. Who acts, and by which way they have come, is believed: the role
 * that sends it has asked for the person's token.
 */
export function dispatchRoutes({ registry, dispatch, knows, lives }: DispatchRoutes): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(servicePaths.dispatch, onlyRoles(knows), async (request, response) => {
    const envelope = readEnvelope(await readJson(request, serviceLimits.requestBytes));
    if (envelope === undefined)
      throw new RejectedError(Invalid({ issues: [{ path: '', problem: 'no envelope' }] }));
    const reply = await dispatch(envelope);
    response.type('json').send(replyText(registry, reply));
  });
  router.post(servicePaths.greeting, onlyRoles(knows), async (request, response) => {
    await readJson(request, serviceLimits.requestBytes);
    response.json({ clock: lives } satisfies z.input<typeof Greeting>);
  });
  return router;
}
