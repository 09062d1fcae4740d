import type { IncomingMessage } from 'node:http';
import { type Request, Router } from 'express';
import { z } from 'zod';
import { ClientExists, RegisterClient, RotateClientVerifier } from '#domain/accounts/client/messages.ts';
import { ClientId } from '#domain/accounts/ids.ts';
import { TokenSubject } from '#domain/kernel/actor.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { NewId, RandomBytes } from '#domain/kernel/ports/facts.ts';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate, Identity } from '#domain/kernel/ports/tokens.ts';
import { Forbidden, invalid, RejectedError, StepUpRequired, Unavailable } from '#domain/kernel/rejections.ts';
import { spend } from '#runtime/ration.ts';
import { readJson } from '../../rest/body.ts';
import { DOOR } from '../door/parts.ts';
import type { Known } from '../known.ts';
import { newSecret } from './clients.ts';
import { OWN_CLIENTS } from './own-client.ts';

const RETRY_AFTER_MS = 1_000;

const Registration = z
  .strictObject({
    ...RegisterClient.schema.shape,
    // What a token may stand for, and no name of ours.
    client: ClientId.and(TokenSubject).refine((id) => !OWN_CLIENTS.includes(id), 'a name of the platform'),
    confidential: z.boolean(),
  })
  .omit({ by: true, verifier: true });

export interface ClientRoutesOptions {
  readonly authenticate: Authenticate;
  readonly known: Pick<Known, 'account'>;
  readonly dispatch: Dispatch;
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  readonly perPersonQuota: Quota;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}

/**
 * Systems, for administrators who have proven just before who they are: `POST /accounts/clients` makes one known, `POST
 * /accounts/clients/<id>/secret` gives it another secret. A secret is told once, and kept nowhere.
 */
export function clientRoutes(options: ClientRoutesOptions): Router {
  const { authenticate, known: recorded, dispatch, addressOf, perPersonQuota, newId, randomBytes } = options;

  /** @throws RejectedError */
  async function known(request: Request): Promise<Identity> {
    const identity = await authenticate(request.headers.authorization);
    if ('rejected' in identity) throw new RejectedError(identity);
    return identity;
  }
  /** @throws RejectedError */
  function administrator({ actor, steppedUp }: Identity): string {
    if (!actor.roles.includes('admin')) throw new RejectedError(Forbidden({ needs: ['admin'] }));
    if (!steppedUp) throw new RejectedError(StepUpRequired({}));
    return actor.id;
  }
  /** @throws RejectedError */
  async function asking(request: Request): Promise<string> {
    const identity = await known(request);
    await spend(perPersonQuota, identity.actor.id, 1, request.res);
    return administrator(identity);
  }

  /** @throws RejectedError */
  async function send(request: Request, by: string, command: string, data: object): Promise<void> {
    const address = addressOf(request);
    const reply = await dispatch({
      ...{ command, data: { ...data, by }, commandId: newId(), actor: DOOR, onBehalfOf: by },
      origin: { channel: 'http', ...(address !== undefined && { address }) },
    });
    if (reply.outcome === 'rejected') throw new RejectedError(reply.rejection);
    if (reply.outcome === 'pending') throw new RejectedError(Unavailable({ retryAfterMs: RETRY_AFTER_MS }));
  }

  const router = Router({ caseSensitive: true, strict: true });
  router.post('/accounts/clients', async (request, response) => {
    await asking(request);
    const given = await readJson(request);
    // To send it takes as long as whoever asks likes, and they may be none by then.
    const by = administrator(await known(request));
    const parsed = Registration.safeParse(given);
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    const { confidential, ...registration } = parsed.data;
    // A token of a system names it where others name a person: nobody may come in under somebody's name.
    if ((await recorded.account(registration.client)) !== undefined)
      throw new RejectedError(ClientExists({}));
    if (!confidential && registration.grantTypes.includes('client_credentials'))
      throw new RejectedError(
        invalid([{ path: ['confidential'], message: 'whoever comes in by itself has to keep a secret' }]),
      );
    const { secret, verifier } = newSecret(randomBytes);
    await send(request, by, RegisterClient.type, { ...registration, ...(confidential && { verifier }) });
    response.status(201).json({ client: registration.client, ...(confidential && { secret }) });
  });
  router.post('/accounts/clients/:client/secret', async (request, response) => {
    const by = await asking(request);
    const parsed = ClientId.safeParse(request.params.client);
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    const { secret, verifier } = newSecret(randomBytes);
    await send(request, by, RotateClientVerifier.type, { client: parsed.data, verifier });
    response.status(201).json({ client: parsed.data, secret });
  });
  return router;
}
