import { readFile } from 'node:fs/promises';
import type { JWK } from 'jose';
import { z } from 'zod';
import { madeOnce } from '../made-once.ts';
import { newSigningKey } from './jose.ts';

const JsonWebKey = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.looseObject({ kty: z.string() }));

/**
 * A key that an operator keeps in a file. @throws TypeError with the file's name when it holds no JSON Web Key; what the
 * system says of a file that cannot be read
 */
export async function readKey(path: string): Promise<JWK> {
  const parsed = JsonWebKey.safeParse(await readFile(path, 'utf8'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`${path} holds no JSON Web Key: ${issue?.message ?? 'unreadable'}`);
  }
  return parsed.data as JWK;
}

/** The key in this file, made on first use: tokens of development outlive a restart. */
export const keptKey = (path: string): Promise<JWK> =>
  madeOnce(path, readKey, async () => JSON.stringify(await newSigningKey()));
