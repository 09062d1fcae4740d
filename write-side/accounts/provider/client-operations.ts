import { z } from 'zod';
import { ClientExists, ClientUnknown, RegisterClient } from '#domain/accounts/client/messages.ts';
import { ClientId } from '#domain/accounts/ids.ts';
import { TokenSubject } from '#domain/kernel/actor.ts';
import { Forbidden, RateLimited, StepUpRequired, Unauthenticated } from '#domain/kernel/rejections.ts';
import type { ServedOperation } from '../../rest/openapi/served.ts';
import { OWN_CLIENTS } from './own-client.ts';

// What administrators ask for of systems that is no command: a secret is drawn for them, which none may carry.

export const Registration = z
  .strictObject({
    ...RegisterClient.schema.shape,
    // What a token may stand for, and no name of ours.
    client: ClientId.refine(
      (id) => TokenSubject.safeParse(id).success && !OWN_CLIENTS.includes(id),
      'a name of the platform',
    ),
    confidential: z
      .boolean()
      .meta({ description: 'Whether it can keep a secret: one is drawn for it then.' }),
  })
  .omit({ by: true, verifier: true });

const Secret = z.string().meta({ description: 'Told this once, and kept nowhere.' });
const rejections = [Unauthenticated, Forbidden, StepUpRequired, RateLimited];

export const clientOperations: readonly ServedOperation[] = [
  {
    ...{
      path: '/accounts/clients',
      method: 'post',
      operationId: 'RegisterSystem',
      tag: 'accounts',
      bearer: true,
    },
    summary:
      'Makes a system known by which people come in, or which comes in by itself. For administrators who have just proven who they are.',
    body: { name: 'SystemRegistration', schema: Registration },
    answer: {
      ...{ status: 201, description: 'It may come in.', name: 'SystemRegistered' },
      schema: z.object({ client: ClientId, secret: Secret.optional() }),
    },
    rejections: [...rejections, ClientExists],
  },
  {
    ...{ path: '/accounts/clients/{client}/secret', method: 'post', operationId: 'GiveSystemAnotherSecret' },
    ...{ tag: 'accounts', bearer: true, parameters: { client: ClientId } },
    summary:
      'Gives a system another secret; the one before opens nothing any more. For administrators who have just proven who they are.',
    answer: {
      ...{ status: 201, description: 'It has another.', name: 'SecretGiven' },
      schema: z.object({ client: ClientId, secret: Secret }),
    },
    rejections: [...rejections, ClientUnknown],
  },
];
