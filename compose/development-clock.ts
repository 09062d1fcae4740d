import { Router } from 'express';
import { z } from 'zod';
import { EarlyInstant, Instant } from '#domain/kernel/instant.ts';
import { invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { safeDecode } from '#domain/zod/encoding.ts';
import { readJson } from '#write-side/rest/body.ts';
import type { DevelopmentOperation } from '#write-side/rest/openapi/development.ts';
import type { SharedClock } from './clock/shared-clock.ts';

/** What is set for later than the clock's time needs moments beyond it. */
const Move = z.strictObject({ to: EarlyInstant });
const ClockTime = z.object({ now: Instant });
const told = {
  status: 200,
  description: 'The time by this clock.',
  name: 'ClockTime',
  schema: ClockTime,
} as const;

export const clockOperations: readonly DevelopmentOperation[] = [
  {
    path: '/dev/clock',
    method: 'get',
    operationId: 'ReadClock',
    summary: 'What time it is by the simulated clock.',
    answer: told,
  },
  {
    path: '/dev/clock',
    method: 'post',
    operationId: 'MoveClock',
    summary:
      'Moves the simulated clock on, stopping at everything that falls due on the way until it has been done. A moment that is past is invalid.',
    body: { name: 'ClockMove', schema: Move },
    answer: told,
  },
];

/**
 * `GET /dev/clock` → `{ now }`; `POST /dev/clock { to }` → `{ now }` moves a simulated clock on, stopping at everything that
 * falls due on the way until it has been done, and refuses one that is past. It exists only where the clock is simulated.
 */
export function developmentClock({ now, moveTo }: Pick<SharedClock, 'now' | 'moveTo'>): Router {
  const router = Router();
  router.get('/dev/clock', (_request, response) => {
    response.json({ now: now() });
  });
  router.post('/dev/clock', async (request, response) => {
    const parsed = safeDecode(Move, await readJson(request));
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    await moveTo(parsed.data.to);
    response.json({ now: now() });
  });
  return router;
}
