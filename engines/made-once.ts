import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '#runtime/reason.ts';

/** Written whole under another name first: a crash must not leave half a secret, nor two processes two of them. */
async function make(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Of its own for each attempt: two of one process may meet here as well as two processes.
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

/**
 * What `read` finds in this file, made on first use and readable by its owner alone. Of many who make it at once all read the
 * one that was first.
 */
export async function madeOnce<T>(
  path: string,
  read: (path: string) => Promise<T>,
  content: () => string | Uint8Array | Promise<string>,
): Promise<T> {
  try {
    return await read(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  await make(path, await content());
  return read(path);
}
