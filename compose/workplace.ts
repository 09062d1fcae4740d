import type { Workplace } from '#cli/projections.ts';
import type { View } from '#projections/view.ts';
import { type BesideOptions, enginesBeside } from './engines.ts';

export interface OpenOptions extends BesideOptions {
  readonly views: readonly View[];
  print(line: string): void;
}

/**
 * Opens a data folder beside the server, if one runs: the history to read only, the views to write.
 * @throws StoreError when there is no history to read, or it is not the whole of what the views have read; UnusableError for a setting
 */
export async function openWorkplace(options: OpenOptions): Promise<Workplace & { close(): Promise<void> }> {
  const { folder, registry, views, print } = options;
  return { folder, views, registry, print, ...(await enginesBeside(options)) };
}
