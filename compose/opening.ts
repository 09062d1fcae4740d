import { join } from 'node:path';
import { z } from 'zod';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import {
  type SimulatedProvider,
  type SimulatedProviderOptions,
  simulatedProvider,
} from '#engines/payments/simulated/provider.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';

/** In one line, whoever has thrown it. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return error instanceof Error ? error.message : String(error);
};

/**
 * The views can be made again: what is wrong with their file is said with that.
 *
 * @throws StoreError `unavailable`
 */
export function openViews(folder: string, log: Log) {
  try {
    return openSqliteReadStore({ folder, onSetAside: (told) => log.warn({}, told) });
  } catch (error) {
    throw new StoreError(
      'unavailable',
      `${join(folder, 'views.db')} cannot be used: ${reasonOf(error)}. It may be deleted: it is made again from the history.`,
      { cause: error },
    );
  }
}

/**
 * The provider's ledger cannot be made again, so what is damaged stays as it is.
 *
 * @throws DamagedFileError; StoreError `unavailable` for one that cannot be opened now
 */
export function openProvider(options: SimulatedProviderOptions): SimulatedProvider {
  try {
    return simulatedProvider(options);
  } catch (error) {
    if (error instanceof DamagedFileError) throw error;
    throw new StoreError('unavailable', `${options.file} cannot be used: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}
