import { Router } from 'express';
import { z } from 'zod';
import { PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { Language } from '#domain/kernel/ports/mail.ts';
import type { DevelopmentOperation } from '#write-side/rest/openapi/development.ts';
import type { MailEngine } from './mail.ts';

const KeptMails = z.object({
  mails: z.array(
    z.object({
      ...{ messageId: z.string(), person: PersonId, to: z.string(), language: Language, writtenAt: Instant },
      ...{ subject: z.string(), text: z.string(), html: z.string().optional() },
    }),
  ),
});

export const outboxOperations: readonly DevelopmentOperation[] = [
  {
    path: '/dev/outbox',
    method: 'get',
    operationId: 'ReadOutbox',
    summary:
      'The mails that went nowhere, the newest first; none of whoever has been erased, and none where MAIL names a server.',
    answer: { status: 200, description: 'They are here.', name: 'KeptMails', schema: KeptMails },
  },
];

/** `GET /dev/outbox` → `{ mails }`: so that whoever develops against the platform follows links in mails without a server of mail. */
export function developmentOutbox(outbox: MailEngine['outbox']): Router {
  const router = Router();
  router.get('/dev/outbox', async (_request, response) => {
    response.json({ mails: (await outbox?.kept()) ?? [] });
  });
  return router;
}
