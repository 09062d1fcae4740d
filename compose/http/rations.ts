import type { RequestHandler } from 'express';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import { networkOf } from '#runtime/address.ts';
import { spend } from '#runtime/ration.ts';
import type { Addresses } from './addresses.ts';

/**
 * Each request takes one of its network's ration, whatever becomes of it; what it asks of persons is counted where they are known.
 *
 * @param spared paths whose callers prove who they are by what they send: a provider's notices come in crowds
 */
export const rationed =
  (perAddress: Quota, addresses: Addresses, spared: readonly string[]): RequestHandler =>
  async (request, response, next) => {
    const address = addresses.of(request);
    if (address !== undefined && !spared.includes(request.path))
      await spend(perAddress, networkOf(address), 1, response);
    next();
  };
