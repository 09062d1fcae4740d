import type { ServerResponse } from 'node:http';
import type { Quota, Spent } from '#domain/kernel/ports/quotas.ts';
import { RateLimited, RejectedError } from '#domain/kernel/rejections.ts';

// How quotas are spent, and told of as the HTTP API working group of the IETF has it (draft-ietf-httpapi-ratelimit-headers).

/** As headers have it. */
export type Told = Readonly<Record<'RateLimit-Policy' | 'RateLimit', string>>;

const MS_PER_SECOND = 1_000;

const toldOf = ({ name, points, windowSeconds }: Quota, { left, endsInMs }: Spent): Told => ({
  'RateLimit-Policy': `"${name}";q=${points};w=${windowSeconds}`,
  RateLimit: `"${name}";r=${left};t=${Math.ceil(endsInMs / MS_PER_SECOND)}`,
});

/** What an answer tells of each quota, by its name: one that is spent twice is told of once. */
const toldBy = new WeakMap<ServerResponse, Map<string, Told>>();

/** Tells of a quota in an answer, beside those that it tells of already. */
function tell(response: ServerResponse, { name }: Quota, told: Told): void {
  const all = toldBy.get(response) ?? new Map<string, Told>();
  toldBy.set(response, all.set(name, told));
  if (response.headersSent) return;
  for (const header of ['RateLimit-Policy', 'RateLimit'] as const)
    response.setHeader(header, [...all.values()].map((one) => one[header]).join(', '));
}

/** `rate_limited`: 429 over HTTP, with the time at which it is worth to come again. */
export class RateLimitedError extends RejectedError {
  readonly told: Told;
  constructor(quota: Quota, spent: Spent) {
    const retryAfterMs = Math.max(1, Math.ceil(spent.endsInMs));
    super(RateLimited({ policy: quota.name, limit: quota.points, retryAfterMs }));
    this.name = 'RateLimitedError';
    this.told = toldOf(quota, spent);
  }
}

/**
 * Spends of a quota, for one who asks and before anything is done for them.
 *
 * @param response of HTTP, which tells what is left
 * @throws RateLimitedError
 */
export async function spend(
  quota: Quota,
  key: string,
  points: number,
  response?: ServerResponse,
): Promise<void> {
  const spent = await quota.spend(key, points);
  if (response !== undefined) tell(response, quota, toldOf(quota, spent));
  if (!spent.isGranted) throw new RateLimitedError(quota, spent);
}
