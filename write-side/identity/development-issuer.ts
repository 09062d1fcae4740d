import { Router } from 'express';
import { z } from 'zod';
import { Actor, Role, TokenSubject } from '#domain/kernel/actor.ts';
import { Instant } from '#domain/kernel/instant.ts';
import type { TokenIssuer } from '#domain/kernel/ports/tokens.ts';
import { invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { readJson } from '../rest/body.ts';
import type { DevelopmentOperation } from '../rest/openapi/development.ts';

const HOUR_MS = 60 * 60 * 1000;
const MAX_HOURS = 24 * 366;

const TokenRequest = z.strictObject({
  sub: TokenSubject,
  roles: z
    .array(Role.exclude(['system']))
    .min(1)
    .max(7),
  reputation: Actor.shape.reputation.default(0),
  /** As if they had proven just before that it is they: `false` shows what is refused without. */
  steppedUp: z.boolean().default(true),
  /** How long the token holds, in hours of the platform's clock. */
  hours: z.int().min(1).max(MAX_HOURS).default(12),
});

const IssuedToken = z.object({ token: z.string(), expiresAt: Instant });

export const tokenOperations: readonly DevelopmentOperation[] = [
  {
    path: '/dev/tokens',
    method: 'post',
    operationId: 'IssueToken',
    summary: 'A token for anyone.',
    body: { name: 'TokenRequest', schema: TokenRequest },
    answer: { status: 201, description: 'The token.', name: 'IssuedToken', schema: IssuedToken },
  },
];

/**
 * `POST /dev/tokens { sub, roles, reputation?, hours? }` → 201 `{ token, expiresAt }`: anybody becomes anyone. It exists so
 * that development and the demo need no identity provider; the configuration refuses it in production.
 */
export function developmentIssuer(issuer: TokenIssuer): Router {
  const router = Router();
  router.post('/dev/tokens', async (request, response) => {
    const parsed = TokenRequest.safeParse(await readJson(request));
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    const { sub, roles, reputation, steppedUp, hours } = parsed.data;
    response.status(201).json(await issuer.issue({ id: sub, roles, reputation, steppedUp }, hours * HOUR_MS));
  });
  return router;
}
