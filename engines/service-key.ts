import { hkdfSync, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { madeOnce } from './made-once.ts';

/** Of a secret in its file, in bytes: less can be guessed, and more is another file. */
const LEAST_BYTES = 32;
const MOST_BYTES = 4_096;
/** Of every key that is derived. */
const KEY_BYTES = 32;

/** What the processes of one platform know each other by. They say nothing of it to anybody else. */
export interface ServiceKey {
  /** A key for one purpose, of 32 bytes: whoever learns it learns nothing of another, nor of the secret. The same in every process. */
  keyFor(purpose: string): Uint8Array;
}

const derivedFrom = (secret: Uint8Array): ServiceKey => ({
  keyFor: (purpose) => new Uint8Array(hkdfSync('sha256', secret, '', `annals ${purpose}`, KEY_BYTES)),
});

/**
 * The secret that an operator has put into a file: every byte of it counts, a line's end too.
 *
 * @throws TypeError with the file's name for too few bytes or too many; what the system says of a file that cannot be read
 */
export async function readServiceKey(path: string): Promise<ServiceKey> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, null);
    if (bytesRead < LEAST_BYTES || bytesRead > MOST_BYTES)
      throw new TypeError(`${path} holds no secret of ${LEAST_BYTES} to ${MOST_BYTES} bytes`);
    return derivedFrom(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The secret in this file, made on first use: roles that are started at once, in any order, share it. */
export const keptServiceKey = (path: string): Promise<ServiceKey> =>
  madeOnce(path, readServiceKey, () => randomBytes(KEY_BYTES));
