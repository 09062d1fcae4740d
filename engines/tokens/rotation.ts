import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { JWK } from 'jose';
import { KEYS_KEPT_SECONDS } from '#domain/kernel/ports/tokens.ts';
import { newSigningKey } from './jose.ts';
import { type FiledKey, type KeyRing, kindsOf, MOST_KEYS, readKeys, signerOf } from './key-file.ts';
import { alone } from './key-lock.ts';
import { isRsa, newRsaKey } from './rs256.ts';

/** How long something that a key has signed is shown to us at most, in seconds, with what clocks may differ. */
const LAST_TOKEN_SECONDS = 3_600 + 60;
/**
 * How long a key is shown before it signs, in seconds. Whoever has looked just before knows it when what they keep has ended; and as long again
 * is left for the file to come to every machine, to be seen there (every three seconds), and for clocks that differ.
 */
export const SHOWN_BEFORE_SECONDS = 2 * KEYS_KEPT_SECONDS;

/** What became of the keys of a kind. */
interface Rotated {
  /** What signs at this moment; undefined: there is none. */
  readonly signs: string | undefined;
  /** What signs from another moment on, in seconds since 1970; undefined: nothing waits. */
  readonly next: { readonly kid: string; readonly fromSeconds: number } | undefined;
  /** What verifies still, and signs no more. */
  readonly verify: readonly string[];
  /** What does nothing any more. */
  readonly dropped: readonly string[];
}

/** What became of the keys of a file: those for Ed25519, and those for RS256. */
export interface Rotation extends Rotated {
  readonly rs256: Rotated;
}

const namesOf = (keys: KeyRing): readonly string[] => keys.map(({ kid }) => kid);

/** Nobody reads half a set, whenever this ends. */
async function replace(path: string, keys: readonly object[]): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ keys }));
    await file.sync();
    await rename(draft, path);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

const waitingIn = (keys: KeyRing, nowSeconds: number) =>
  keys.find(
    (key): key is FiledKey & { readonly signsFrom: number } =>
      key.signsFrom !== undefined && key.signsFrom > nowSeconds,
  );

function toldOf(keys: KeyRing, nowSeconds: number, dropped: KeyRing): Rotated {
  const signer = signerOf(keys, nowSeconds);
  const waiting = waitingIn(keys, nowSeconds);
  return {
    signs: signer?.kid,
    next: waiting && { kid: waiting.kid, fromSeconds: waiting.signsFrom },
    verify: namesOf(keys.filter((key) => key !== signer && key !== waiting)),
    dropped: namesOf(dropped),
  };
}

/** How it stands with the keys of a file. */
function told(keys: KeyRing, nowSeconds: number, dropped: KeyRing): Rotation {
  const [now, gone] = [kindsOf(keys), kindsOf(dropped)];
  return {
    ...toldOf(now.ours, nowSeconds, gone.ours),
    rs256: toldOf(now.rsa, nowSeconds, gone.rsa),
  };
}

/** Puts a key before those of its kind, which retire as it signs. @throws TypeError where there are as many as there may be */
function put(key: JWK, kept: KeyRing, signsFrom: number): readonly object[] {
  if (kept.length === 0) return [key];
  if (kept.length >= MOST_KEYS)
    throw new TypeError(`there are ${MOST_KEYS} keys that may have signed what still holds: try it later`);
  return [{ signsFrom, ...key }, ...kept.map((each) => ({ retiredAt: signsFrom, ...each }))];
}

/**
 * Puts another key before those of each kind in a file. It is shown from then on, and signs {@link SHOWN_BEFORE_SECONDS} later; until then the
 * one of before does. Those of before verify until the last that they have signed has ended, and are dropped by the next rotation behind that. Where
 * one waits already, nothing becomes another. The file is replaced whole.
 *
 * @param nowSeconds since 1970
 * @param stolen the keys of before are somebody else's too: others sign at once, and nothing else is left, whatever they have signed
 * @throws TypeError for a file whose keys cannot sign, or that holds as many as it may; as {@link readKeys} and {@link alone}
 */
export const rotateKeys = (path: string, nowSeconds: number, stolen = false): Promise<Rotation> =>
  alone(path, () => rotated(path, nowSeconds, stolen));

async function rotated(path: string, nowSeconds: number, stolen: boolean): Promise<Rotation> {
  const before = await readKeys(path);
  if (signerOf(kindsOf(before).ours, nowSeconds)?.d === undefined)
    throw new TypeError(`${path} holds no private key that signs`);
  if (!stolen && waitingIn(before, nowSeconds) !== undefined) return told(before, nowSeconds, []);
  const signsFrom = nowSeconds + SHOWN_BEFORE_SECONDS;
  const isOver = ({ retiredAt }: FiledKey): boolean =>
    stolen || (retiredAt !== undefined && retiredAt + LAST_TOKEN_SECONDS <= nowSeconds);
  const kept = kindsOf(before.filter((key) => !isOver(key)));
  await replace(path, [
    ...put(await newSigningKey(), kept.ours, signsFrom),
    ...put(await newRsaKey(), kept.rsa, signsFrom),
  ]);
  return told(await readKeys(path), nowSeconds, before.filter(isOver));
}

/** Puts a key for RS256 into a file that has none. @throws as {@link readKeys} and {@link alone} */
export async function addRsaKey(path: string): Promise<void> {
  const made = await newRsaKey();
  await alone(path, async () => {
    const keys = await readKeys(path);
    if (!keys.some(isRsa)) await replace(path, [...keys, made]);
  });
}
