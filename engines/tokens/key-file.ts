import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JWK } from 'jose';
import { z } from 'zod';
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

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Written whole under another name first: a crash must not leave half a key, nor two processes two keys. */
async function createKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Of its own for each attempt: two of one process may meet here as well as two processes.
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(await newSigningKey()));
    await file.sync();
    await link(draft, path).catch((error: unknown) => {
      if (!isCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

/** The key in this file, made on first use and readable by its owner alone: tokens of development outlive a restart. */
export async function keptKey(path: string): Promise<JWK> {
  try {
    return await readKey(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  await createKey(path);
  return readKey(path);
}
