import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';

// Beside a history stands where the process that writes it keeps what it makes of it: another store may hold an older state of the same
// history, and looks no different to whoever reads it.

/** The setting that names a read store, wherever it is and whatever its hosts are called. */
export const IDENTITY = 'identity';

const Note = z.object({
  /** As `READ_STORE` has it, without what the driver is told: `sqlite:`, or hosts and database. */
  readStore: z.string().max(4_096),
  identity: z.string().max(100),
});
export type Note = Readonly<z.output<typeof Note>>;

export const noteFileIn = (folder: string): string => join(folder, 'read-store.json');

/** What stands there; undefined where no process that notes it has written this history, or where nothing can be made of the note. */
function noteIn(folder: string): Note | undefined {
  const file = noteFileIn(folder);
  if (!existsSync(file)) return undefined;
  try {
    return Note.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // It is only there to warn: the next start of whoever writes makes it anew.
    return undefined;
  }
}

interface Named {
  readonly settings: Pick<SettingStore, 'get' | 'put'>;
}

/**
 * Notes beside the history which read store the process works on that writes it, by a name that stays with the store.
 *
 * @param address as `READ_STORE` has it, without what the driver is told
 */
export async function noteReadStore(folder: string, address: string, { settings }: Named): Promise<void> {
  const known = await settings.get(IDENTITY);
  const identity = known ?? randomUUID();
  if (known === undefined) await settings.put(IDENTITY, identity);
  const noted = noteIn(folder);
  if (noted?.readStore === address && noted.identity === identity) return;
  const file = noteFileIn(folder);
  // Whole, or as it was: it is read beside us.
  writeFileSync(`${file}.new`, `${JSON.stringify({ readStore: address, identity } satisfies Note)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Where whoever writes this history keeps its read models, if that is another store than this one. The same place is the same
 * store, also where it was emptied; and so is the same store under another address.
 *
 * @param readStore this one; undefined: it is not open, and the place alone tells
 */
export async function notedElsewhere(
  folder: string,
  address: string,
  readStore: { readonly settings: Pick<SettingStore, 'get'> } | undefined,
): Promise<string | undefined> {
  const noted = noteIn(folder);
  if (noted === undefined || noted.readStore === address) return undefined;
  return (await readStore?.settings.get(IDENTITY)) === noted.identity ? undefined : noted.readStore;
}
