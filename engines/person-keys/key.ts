import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { PersonId } from '#domain/kernel/ids.ts';
import { KeyDestroyedError, type PersonKey, type SealedPlace } from '#domain/kernel/ports/person-keys.ts';

const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** For one use each: what encrypts does nothing else. */
const derived = (key: Uint8Array, use: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, new Uint8Array(), `annals.person.${use}`, KEY_BYTES));

/** No part of it can be moved into another. */
const bytesOf = ({ stream, eventId, field }: SealedPlace): Buffer =>
  Buffer.from(JSON.stringify([stream, eventId, field]));

/** A key that can be taken back from whoever holds it. */
export interface HeldKey extends PersonKey {
  /** Nothing of it is left in memory. */
  destroy(): void;
}

/**
 * AES-256-GCM. The nonce is a keyed fingerprint of the place and the text (a synthetic one, as in RFC 5297 and 8452): two texts never share
 * one, whatever is tried again, and no chance is needed.
 *
 * @param secret 32 bytes; the caller may overwrite them afterwards
 */
export function personKey(person: PersonId, secret: Uint8Array): HeldKey {
  const encrypting = derived(secret, 'encrypt');
  const nonces = derived(secret, 'nonce');
  const naming = derived(secret, 'fingerprint');
  let destroyed = false;
  const live = (): void => {
    if (destroyed) throw new KeyDestroyedError(person);
  };
  return {
    person,
    seal(place, text) {
      live();
      const at = bytesOf(place);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(at.length);
      const nonce = createHmac('sha256', nonces).update(length).update(at).update(text).digest();
      const cipher = createCipheriv(CIPHER, encrypting, nonce.subarray(0, NONCE_BYTES)).setAAD(at);
      const parts = [nonce.subarray(0, NONCE_BYTES), cipher.update(text, 'utf8'), cipher.final()];
      return Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64url');
    },
    open(place, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (destroyed || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(CIPHER, encrypting, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(bytesOf(place))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      try {
        return Buffer.concat([text, decipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
    mac(text) {
      live();
      return createHmac('sha256', naming).update(text).digest('base64url');
    },
    destroy() {
      destroyed = true;
      for (const bytes of [encrypting, nonces, naming]) bytes.fill(0);
    },
  };
}

/** What keeps the keys of people: it wraps each, so that whoever has the store alone has nothing. */
export interface MasterKey {
  wrap(person: PersonId, secret: Uint8Array, nonce: Uint8Array): Uint8Array;
  /** Undefined: of another master key or person, or changed. */
  unwrap(person: PersonId, wrapped: Uint8Array): Uint8Array | undefined;
  nameOf(kind: string, text: string): string;
}

/** @param key 32 bytes @throws TypeError for a key of another length */
export function masterKey(key: Uint8Array): MasterKey {
  if (key.length !== KEY_BYTES) throw new TypeError(`a key of ${key.length} bytes, not of ${KEY_BYTES}`);
  const wrapping = derived(key, 'wrap');
  const naming = derived(key, 'names');
  return {
    wrap(person, secret, nonce) {
      const cipher = createCipheriv(CIPHER, wrapping, nonce).setAAD(Buffer.from(person));
      return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    },
    unwrap(person, wrapped) {
      if (wrapped.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(CIPHER, wrapping, wrapped.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(person))
        .setAuthTag(wrapped.subarray(-TAG_BYTES));
      const secret = decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES));
      try {
        return Buffer.concat([secret, decipher.final()]);
      } catch {
        return undefined;
      }
    },
    nameOf: (kind, text) =>
      createHmac('sha256', naming)
        .update(JSON.stringify([kind, text]))
        .digest('base64url'),
  };
}
export const WRAP_NONCE_BYTES = NONCE_BYTES;
