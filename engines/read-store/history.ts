import type { ReadStore } from '#domain/kernel/ports/read-store.ts';

const HISTORY = 'history';

/**
 * Makes sure the read store belongs to this history, before anything is read from it: one of another history is emptied,
 * checkpoints and all, because positions mean nothing there. Answers whether it was.
 */
export async function belongTo(readStore: ReadStore, epoch: string): Promise<boolean> {
  const known = await readStore.setting(HISTORY);
  if (known === epoch) return false;
  if (known !== undefined) await readStore.reset();
  await readStore.putSetting(HISTORY, epoch);
  return known !== undefined;
}
