import type { Config } from '#config';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import { quotaHere } from '#engines/quotas/memory.ts';

const WINDOW_SECONDS = 60;

/** What each network and each person may ask of this process. */
export const quotasOf = ({ rates: { perAddress, perPerson } }: Pick<Config, 'rates'>): Quotas => ({
  perAddress: quotaHere({ name: 'address', points: perAddress, windowSeconds: WINDOW_SECONDS }),
  perPerson: quotaHere({ name: 'person', points: perPerson, windowSeconds: WINDOW_SECONDS }),
});
