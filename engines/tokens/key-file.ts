import { readFile, stat } from 'node:fs/promises';
import type { JWK } from 'jose';
import { z } from 'zod';
import { madeOnce } from '../made-once.ts';
import { namedKey, newSigningKey } from './jose.ts';

/** As many as a file may hold: each verification may have to try them all. */
const MOST_KEYS = 8;

const JsonWebKey = z.looseObject({ kty: z.string() });
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
      z.looseObject({ keys: z.array(JsonWebKey).min(1).max(MOST_KEYS) }).transform(({ keys }) => keys),
      JsonWebKey.transform((key) => [key]),
    ]),
  );

/** The first signs, all verify. */
export type KeyRing = readonly (JWK & { readonly kid: string })[];

/**
 * The keys that an operator keeps in a file: a JSON Web Key, or a set of them. @throws TypeError with the file's name when it holds neither;
 * z.ZodError for a key of another kind; what the system says of a file that cannot be read
 */
export async function readKeys(path: string): Promise<KeyRing> {
  const parsed = Keys.safeParse(await readFile(path, 'utf8'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`${path} holds no JSON Web Key: ${issue?.message ?? 'unreadable'}`);
  }
  return Promise.all(parsed.data.map((key) => namedKey(key as JWK)));
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
  current(): KeyRing;
  /** Calls back with each other set that is found there. */
  onChange(changed: (keys: KeyRing) => void): void;
  /** Looks whether the file is another one. @throws as {@link readKeys}; the keys stay those of before */
  look(): Promise<void>;
}

/** Keys in a file that may be replaced at any time. @param first as they were read */
export async function watchedKeys(path: string, first: KeyRing): Promise<WatchedKeys> {
  let keys = first;
  let version = await versionOf(path);
  const listeners: ((keys: KeyRing) => void)[] = [];
  return {
    current: () => keys,
    onChange: (changed) => void listeners.push(changed),
    async look() {
      const now = await versionOf(path);
      if (now === version) return;
      keys = await readKeys(path);
      version = now;
      for (const changed of listeners) changed(keys);
    },
  };
}
