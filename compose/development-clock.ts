import { Router } from 'express';
import { z } from 'zod';
import { type Instant, Instant as InstantSchema } from '#domain/kernel/instant.ts';
import { invalid, readJson } from '#write-side/rest/body.ts';
import type { SimulatedClock } from './engines.ts';

/** Behind the year 9999 a moment is written otherwise, and what is set for later has to stay before that. */
const LAST = '9000-01-01T00:00:00.000Z';
const Move = z.strictObject({ to: InstantSchema.refine((to) => to <= LAST, `at most ${LAST}`) });

/**
 * `GET /dev/clock` → `{ now }`; `POST /dev/clock { to }` → `{ now }` moves a simulated clock on, stopping at everything that
 * falls due on the way until it has been done. It exists only where the clock is simulated.
 */
export function developmentClock(clock: SimulatedClock, settled: () => Promise<void>): Router {
  let moving: Promise<unknown> = Promise.resolve();

  async function moveTo(to: Instant): Promise<void> {
    await settled();
    for (let next = clock.next(); next !== undefined && next <= to; next = clock.next()) {
      clock.advanceTo(next);
      await settled();
    }
    clock.advanceTo(to);
  }

  const router = Router();
  router.get('/dev/clock', (_request, response) => {
    response.json({ now: clock.now() });
  });
  router.post('/dev/clock', async (request, response) => {
    const parsed = Move.safeDecode((await readJson(request)) as z.input<typeof Move>);
    if (!parsed.success) throw invalid(parsed.error);
    const { to } = parsed.data;
    // One move after the other: two at once would fire what falls due in an order that time does not have.
    const move = moving.then(() => moveTo(to));
    moving = move.catch(() => undefined);
    await move;
    response.json({ now: clock.now() });
  });
  return router;
}
