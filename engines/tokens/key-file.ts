import { readFile, stat } from 'node:fs/promises';
import type { JWK } from 'jose';
import { z } from 'zod';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { madeOnce } from '../made-once.ts';
import { namedKey, newSigningKey } from './jose.ts';
import { isRsa, namedRsaKey } from './rs256.ts';

/** As many as a file may hold of a kind: each verification may have to try them all. */
export const MOST_KEYS = 8;

/** Beside what makes it a key, moments in seconds since 1970, which files of before have none of. */
const JsonWebKey = z.looseObject({
  kty: z.string(),
  /** From when on it signs; until then it is only shown, so that everybody knows it by then. */
  signsFrom: z.int().nonnegative().optional(),
  /** Since when another one signs in its place. */
  retiredAt: z.int().nonnegative().optional(),
});
const Keys = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z.union([
      z
        .looseObject({
          keys: z
            .array(JsonWebKey)
            .min(1)
            .max(2 * MOST_KEYS),
        })
        .transform(({ keys }) => keys),
      JsonWebKey.transform((key) => [key]),
    ]),
  )
  .refine((keys) => !keys.every(isRsa), 'none is for Ed25519, by which access tokens are signed')
  .refine(
    (keys) => [true, false].every((kind) => keys.filter((key) => isRsa(key) === kind).length <= MOST_KEYS),
    `more than ${MOST_KEYS} of a kind`,
  );

/** A key of such a file. */
export type FiledKey = JWK & {
  readonly kid: string;
  readonly signsFrom?: number | undefined;
  readonly retiredAt?: number | undefined;
};

/** Of each kind the first signs, all verify. */
export type KeyRing = readonly FiledKey[];

/**
 * The keys that an operator keeps in a file: a JSON Web Key, or a set of them, for Ed25519, and beside these some for RS256. @throws TypeError with the file's name when it holds neither;
 * z.ZodError for a key of another kind; what the system says of a file that cannot be read
 */
export async function readKeys(path: string): Promise<KeyRing> {
  const parsed = Keys.safeParse(await readFile(path, 'utf8'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`${path} holds no JSON Web Key: ${issue?.message ?? 'unreadable'}`);
  }
  return Promise.all(parsed.data.map((key) => (isRsa(key) ? namedRsaKey : namedKey)(key as JWK)));
}

/** Those by which access tokens are signed and read, and those for ID tokens by RS256. */
export const kindsOf = (keys: KeyRing): { readonly ours: KeyRing; readonly rsa: KeyRing } => ({
  ours: keys.filter((key) => !isRsa(key)),
  rsa: keys.filter(isRsa),
});

/** Which of a kind signs: the first whose time has come. @param nowSeconds since 1970 */
export const signerOf = (keys: KeyRing, nowSeconds: number): FiledKey | undefined =>
  keys.find(({ signsFrom = 0 }) => signsFrom <= nowSeconds) ?? keys[0];

/** Those of a kind, the one that signs at a moment before the others. */
function ringAt(keys: KeyRing, nowSeconds: number): KeyRing {
  const signer = signerOf(keys, nowSeconds);
  return [...keys].sort((one, other) => Number(other === signer) - Number(one === signer));
}

/** The keys in this file, made on first use: tokens of development outlive a restart. */
export const keptKeys = (path: string): Promise<KeyRing> =>
  madeOnce(path, readKeys, async () => JSON.stringify(await newSigningKey()));

/** Which file it is that stands there now. */
const versionOf = async (path: string): Promise<string> => {
  const { mtimeMs, ino, size } = await stat(path);
  return `${mtimeMs} ${ino} ${size}`;
};

export interface WatchedKeys {
  /** Those for Ed25519 alone, by which access tokens are read; the same array as long as all are the same, and the same ones sign. */
  current(): KeyRing;
  /** {@link current}, and behind them those for ID tokens by RS256. */
  all(): KeyRing;
  /** Calls back with {@link all} of each other set that is found there, and when another of them signs. */
  onChange(changed: (keys: KeyRing) => void): void;
  /** Looks whether the file is another one, and whose time has come. @throws as {@link readKeys}; the keys stay those of before */
  look(): Promise<void>;
}

/** Keys in a file that may be replaced at any time. @param first as they were read @param clock by which their times come */
export async function watchedKeys(
  path: string,
  first: KeyRing,
  clock: Pick<Clock, 'now'>,
): Promise<WatchedKeys> {
  function ringsNow(filed: KeyRing): { readonly current: KeyRing; readonly all: KeyRing } {
    const nowSeconds = Math.floor(millisecondsOf(clock.now()) / 1_000);
    const { ours, rsa } = kindsOf(filed);
    const current = ringAt(ours, nowSeconds);
    return { current, all: [...current, ...ringAt(rsa, nowSeconds)] };
  }
  /** In the order of the file, by which it is told who signs. */
  let filed = first;
  let rings = ringsNow(filed);
  let version = await versionOf(path);
  const listeners: ((keys: KeyRing) => void)[] = [];
  return {
    current: () => rings.current,
    all: () => rings.all,
    onChange: (changed) => void listeners.push(changed),
    async look() {
      const found = await versionOf(path);
      const isOther = found !== version;
      if (isOther) filed = await readKeys(path);
      version = found;
      const now = ringsNow(filed);
      if (!isOther && now.all.every((key, place) => key === rings.all[place])) return;
      rings = now;
      for (const changed of listeners) changed(rings.all);
    },
  };
}
