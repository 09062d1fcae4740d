import type { SignIns } from '../sign-ins.ts';
import { browsers, type OwnPages } from './browsers.ts';
import { type TokenProvider, tokenProvider } from './provider.ts';
import { signIns } from './sign-in-results.ts';
import type { ProviderOptions } from './surroundings.ts';

/** The provider, and what stands on it. */
export interface BegunProvider {
  readonly provider: TokenProvider;
  readonly signIns: SignIns;
  readonly own: OwnPages;
}

/**
 * Begins the provider. The library behind it is a tenth of all that a process loads: only who has a provider imports this file.
 *
 * @throws Error where no key can sign
 */
export function begunProvider(options: ProviderOptions): BegunProvider {
  const provider = tokenProvider(options);
  return { provider, signIns: signIns(provider, options), own: browsers(provider, options) };
}
