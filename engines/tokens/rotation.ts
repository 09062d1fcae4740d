import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { newSigningKey } from './jose.ts';
import { readKeys } from './key-file.ts';

/** How long something that a key has signed is shown to us at most, in seconds, with what clocks may differ. */
const LAST_TOKEN_SECONDS = 3_600 + 60;

/** What became of the keys of a file. */
export interface Rotation {
  /** What signs from now on. */
  readonly signs: string;
  /** What verifies still. */
  readonly verify: readonly string[];
  /** What does nothing any more. */
  readonly dropped: readonly string[];
}

/**
 * Puts another key before those of a file: whoever watches it signs by that one from then on. Those of before verify until the last
 * that they have signed has ended, and are dropped by the next rotation behind that. The file is replaced whole.
 *
 * @param nowSeconds since 1970
 * @throws TypeError for a file whose keys cannot sign; as {@link readKeys}
 */
export async function rotateKeys(path: string, nowSeconds: number): Promise<Rotation> {
  const before = await readKeys(path);
  if (before[0]?.d === undefined) throw new TypeError(`${path} holds no private key that signs`);
  const retired = before.map((key) => ({ retiredAt: nowSeconds, ...key }));
  const isOver = ({ retiredAt }: { retiredAt: unknown }): boolean =>
    typeof retiredAt === 'number' && retiredAt + LAST_TOKEN_SECONDS <= nowSeconds;
  const kept = retired.filter((key) => !isOver(key));
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ keys: [await newSigningKey(), ...kept] }));
    await file.sync();
    // Nobody reads half a set, whenever this ends.
    await rename(draft, path);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  const [first, ...others] = await readKeys(path);
  return {
    signs: first?.kid ?? '',
    verify: others.map(({ kid }) => kid),
    dropped: retired.filter(isOver).map(({ kid }) => kid),
  };
}
