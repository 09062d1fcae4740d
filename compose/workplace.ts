import type { Workplace } from '#cli/projections.ts';
import type { ReadStoreAt } from '#config';
import type { Registry } from '#domain/kernel/registry.ts';
import type { View } from '#projections/view.ts';
import { enginesBeside } from './engines.ts';

export interface OpenOptions {
  readonly folder: string;
  readonly readStore?: ReadStoreAt;
  readonly views: readonly View[];
  readonly registry: Registry;
  print(line: string): void;
}

/**
 * Opens a data folder beside the server, if one runs: the history to read only, the views to write.
 * @throws StoreError when there is no history to read, or it is not the whole of what the views have read
 */
export async function openWorkplace(options: OpenOptions): Promise<Workplace & { close(): Promise<void> }> {
  const { folder, readStore, views, registry, print } = options;
  return { views, registry, print, ...(await enginesBeside(folder, registry, readStore)) };
}
