import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';

/** The one form that is made and taken: a text names its own algorithms, so the choice must not be left to it. */
const MANAGEMENT = 'dir';
const ENCRYPTION = 'A256GCM';
const KEY_BYTES = 32;

/** A key for one use: what encrypts does nothing else. */
const keyOf = (key: Uint8Array, use: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), use, KEY_BYTES));

const sealingBy = (sealing: Uint8Array): Pick<Sealing, 'seal' | 'open'> => ({
  seal: (text) =>
    new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: MANAGEMENT, enc: ENCRYPTION })
      .encrypt(sealing),
  async open(sealed) {
    const opened = await compactDecrypt(sealed, sealing, {
      keyManagementAlgorithms: [MANAGEMENT],
      contentEncryptionAlgorithms: [ENCRYPTION],
    }).catch(() => undefined);
    // Compression makes a small text a large one, and we do not compress.
    if (opened === undefined || opened.protectedHeader.zip !== undefined) return undefined;
    return new TextDecoder().decode(opened.plaintext);
  },
});

/**
 * Authenticated encryption by JSON Web Encryption. Each text gets a nonce by chance: of 2^32 texts under one key two may share one, which
 * no topic comes to in the life of a key.
 *
 * @param key 32 bytes, of this purpose alone
 * @throws TypeError for a key of another length
 */
export function joseSealing(key: Uint8Array): Sealing {
  if (key.length !== KEY_BYTES) throw new TypeError(`a key of ${key.length} bytes, not of ${KEY_BYTES}`);
  const naming = keyOf(key, 'fingerprint');
  return {
    ...sealingBy(keyOf(key, 'seal')),
    under: (secret) => sealingBy(keyOf(Buffer.concat([key, Buffer.from(secret)]), 'seal under')),
    fingerprint: (bytes) => createHmac('sha256', naming).update(bytes).digest('base64url'),
  };
}

/** With a key of its own, which ends with the process: for what does not outlive it. */
export const temporarySealing = (): Sealing => joseSealing(randomBytes(KEY_BYTES));
