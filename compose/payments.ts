import { Router } from 'express';
import type { Config } from '#config';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { providerFileIn } from '#engines/folder.ts';
import { type Deliver, deliverTo } from '#engines/payments/simulated/delivery.ts';
import { simulatedPaymentPages } from '#engines/payments/simulated/pages.ts';
import {
  type SimulatedProvider,
  type SimulatedProviderOptions,
  simulatedName,
  simulatedProvider,
} from '#engines/payments/simulated/provider.ts';
import { freshSecret } from '#engines/random.ts';
import { reasonOf } from '#runtime/reason.ts';
import { PAYMENT_NOTICES } from '#write-side/rest/paths.ts';
import type { CommonEngines } from './engines.ts';
import type { Opened } from './roles/role.ts';

/** Where the simulated provider's pages are mounted. */
const PAGES = '/provider/3-d-secure';

export type { SimulatedProvider };

export interface Payments {
  readonly provider: SimulatedProvider;
  /** Who sends them, and what they are signed with. */
  readonly notices: { readonly provider: string; readonly secrets: readonly string[] };
  readonly routers: readonly Router[];
  /**
   * Tells where the port was opened, and where people find it; until then nobody is sent to a page and no notice is
   * delivered.
   */
  opened(at: Pick<Opened, 'url' | 'publicUrl' | 'shows'>): void;
  close(): Promise<void>;
}

/** What is taken of a provider that is asked elsewhere. */
export const noticesOf = ({ webhookSecret }: Config): Payments['notices'] => ({
  provider: simulatedName,
  secrets: webhookSecret === undefined ? [] : [webhookSecret],
});

/**
 * The provider's ledger cannot be made again, so what is damaged stays as it is.
 *
 * @throws DamagedFileError; StoreError `unavailable` for one that cannot be opened now
 */
function openProvider(options: SimulatedProviderOptions): SimulatedProvider {
  try {
    return simulatedProvider(options);
  } catch (error) {
    if (error instanceof DamagedFileError) throw error;
    throw new StoreError('unavailable', `${options.file} cannot be used: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

/**
 * The simulated provider: a stranger who happens to live in the same process, and speaks HTTP to us all the same.
 *
 * @throws DamagedFileError for its ledger; StoreError `unavailable` when that cannot be opened now
 */
export function payments({ clock, machineClock }: CommonEngines, config: Config): Payments {
  const secret = config.webhookSecret ?? freshSecret();
  const listening = Promise.withResolvers<Deliver>();
  let pagesAt = '';
  const provider = openProvider({
    file: providerFileIn(config.dataDir),
    pageUrl: () => `${pagesAt}${PAGES}`,
    secret,
    deliver: async (body, signature) => (await listening.promise)(body, signature),
    clock,
    pauseClock: machineClock,
  });
  return {
    provider,
    notices: { provider: provider.name, secrets: [secret] },
    routers: [Router().use(PAGES, simulatedPaymentPages(provider))],
    opened({ url, publicUrl, shows }) {
      pagesAt = publicUrl;
      // Whoever takes notices elsewhere is found where every provider finds the platform.
      const isHere = config.roles.includes('write-side');
      const at = `${isHere ? url : publicUrl}${PAYMENT_NOTICES}`;
      listening.resolve((body, signature) => deliverTo(at, isHere ? shows?.() : undefined)(body, signature));
    },
    close: () => provider.close(),
  };
}
