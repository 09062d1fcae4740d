import { z } from 'zod';
import type { Api } from './api.ts';

const Now = z.object({ now: z.iso.datetime() });

/** The platform's simulated clock. */
export interface PlatformClock {
  now(): Promise<string>;
  /** Moves it on; answers when everything that fell due on the way has been done. The past is left as it is. */
  moveTo(moment: string): Promise<void>;
  /** Answers when everything that has been set going at this moment has been done. */
  settle(): Promise<void>;
}

export const laterBy = (moment: string, ms: number): string =>
  new Date(Date.parse(moment) + ms).toISOString();

export function platformClock(api: Api): PlatformClock {
  async function clock(init?: RequestInit): Promise<string> {
    const { status, body } = await api.request('/dev/clock', init);
    if (status === 404)
      throw new Error('the platform’s clock is not simulated: start it with CLOCK=simulated');
    if (status !== 200) throw new Error(`the clock answers ${status}: ${body}`);
    return Now.parse(JSON.parse(body)).now;
  }
  let latest: string | undefined;
  async function now(): Promise<string> {
    latest = await clock();
    return latest;
  }
  async function moveTo(moment: string): Promise<void> {
    const known = latest ?? (await now());
    // A demo that goes on after its end has been at some of its moments before.
    const to = moment > known ? moment : await now();
    const headers = { 'content-type': 'application/json' };
    latest = await clock({ method: 'POST', headers, body: JSON.stringify({ to }) });
  }
  return { now, moveTo, settle: async () => moveTo(await now()) };
}
