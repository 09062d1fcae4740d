import type { IncomingMessage } from 'node:http';
import { type Request, Router } from 'express';
import { ClientExists, RegisterClient, RotateClientVerifier } from '#domain/accounts/client/messages.ts';
import { ClientId } from '#domain/accounts/ids.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { NewId, RandomBytes } from '#domain/kernel/ports/facts.ts';
import type { Identity } from '#domain/kernel/ports/tokens.ts';
import { Forbidden, invalid, RejectedError, StepUpRequired, Unavailable } from '#domain/kernel/rejections.ts';
import { type Asked, askedByToken, type ByToken } from '../../rest/asked-by-token.ts';
import { DOOR } from '../door/parts.ts';
import type { Known } from '../known.ts';
import { Registration } from './client-operations.ts';
import { newSecret } from './clients.ts';

const RETRY_AFTER_MS = 1_000;

export interface ClientRoutesOptions extends ByToken {
  readonly known: Pick<Known, 'account'>;
  readonly dispatch: Dispatch;
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** Whether ID tokens can be signed by RS256. A key may be made for it, where that is ours to do. */
  readonly canSignByRsa: () => Promise<boolean>;
}

/** @throws RejectedError */
function demandAdministrator({ actor, steppedUp }: Identity): void {
  if (!actor.roles.includes('admin')) throw new RejectedError(Forbidden({ needs: ['admin'] }));
  if (!steppedUp) throw new RejectedError(StepUpRequired({}));
}

/**
 * Systems, for administrators who have proven just before who they are: `POST /accounts/clients` makes one known, `POST
 * /accounts/clients/<id>/secret` gives it another secret. A secret is told once, and kept nowhere.
 */
export function clientRoutes(options: ClientRoutesOptions): Router {
  const { known: recorded, dispatch, addressOf, newId, randomBytes, canSignByRsa } = options;

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

  async function register({ request, response, withBody }: Asked): Promise<void> {
    const { by, json } = await withBody();
    const parsed = Registration.safeParse(json);
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    const { confidential, ...registration } = parsed.data;
    // A token of a system names it where others name a person: nobody may come in under somebody's name.
    if ((await recorded.account(registration.client)) !== undefined)
      throw new RejectedError(ClientExists({}));
    if (!confidential && registration.grantTypes.includes('client_credentials'))
      throw new RejectedError(
        invalid([{ path: ['confidential'], message: 'whoever comes in by itself has to keep a secret' }]),
      );
    if (registration.idTokenSignedResponseAlg === 'RS256' && !(await canSignByRsa()))
      throw new RejectedError(
        invalid([{ path: ['idTokenSignedResponseAlg'], message: 'there is no key for it: rotate the keys' }]),
      );
    const { secret, verifier } = newSecret(randomBytes);
    const data = { ...registration, ...(confidential && { verifier }) };
    await send(request, by.actor.id, RegisterClient.type, data);
    response.status(201).json({ client: registration.client, ...(confidential && { secret }) });
  }
  async function giveAnotherSecret({ request, response, who }: Asked): Promise<void> {
    const parsed = ClientId.safeParse(request.params.client);
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    const { actor } = await who();
    const { secret, verifier } = newSecret(randomBytes);
    await send(request, actor.id, RotateClientVerifier.type, { client: parsed.data, verifier });
    response.status(201).json({ client: parsed.data, secret });
  }

  const router = Router({ caseSensitive: true, strict: true });
  router.post('/accounts/clients', askedByToken(options, register, demandAdministrator));
  router.post(
    '/accounts/clients/:client/secret',
    askedByToken(options, giveAnotherSecret, demandAdministrator),
  );
  return router;
}
