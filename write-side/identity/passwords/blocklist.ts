import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// The most common passwords as a file of hashes: 32 bits of SHA-256 each. The first 16 name a bucket and are not written; a bucket is
// the last 16 of each of its members. The file is a byte for each bucket (how many it has), and behind that all members.

const BUCKETS = 65_536;
const MOST_IN_A_BUCKET = 255;

export interface Blocklist {
  /** Whether it is one, in whatever case. Never no for one that is; yes for one in ten thousand that is none. */
  has(normalised: string): boolean;
  readonly size: number;
}

function fingerprint(password: string): number {
  return hash('sha256', password.toLowerCase(), 'buffer').readUInt32BE(0);
}

/** @throws RangeError for more than a bucket holds: some ten million in all */
export function blocklistFile(normalised: Iterable<string>): Uint8Array {
  const prints = Uint32Array.from(new Set([...normalised].map(fingerprint))).sort();
  const file = Buffer.alloc(BUCKETS + 2 * prints.length);
  for (const [at, print] of prints.entries()) {
    const bucket = print >>> 16;
    const count = file.readUInt8(bucket);
    if (count === MOST_IN_A_BUCKET) throw new RangeError('more passwords than the file can name');
    file.writeUInt8(count + 1, bucket);
    file.writeUInt16BE(print & 0xffff, BUCKETS + 2 * at);
  }
  return file;
}

/** @throws RangeError for a file that is not whole: it would let through what is on it */
export function blocklistIn(file: Uint8Array): Blocklist {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const firsts = new Uint32Array(BUCKETS + 1);
  if (bytes.length < BUCKETS) throw new RangeError('the blocklist is cut');
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    firsts[bucket + 1] = (firsts[bucket] ?? 0) + bytes.readUInt8(bucket);
  const size = firsts[BUCKETS] ?? 0;
  if (bytes.length !== BUCKETS + 2 * size) throw new RangeError('the blocklist is cut');
  return {
    size,
    has(normalised) {
      const print = fingerprint(normalised);
      const last = firsts[(print >>> 16) + 1] ?? 0;
      for (let at = firsts[print >>> 16] ?? 0; at < last; at++)
        if (bytes.readUInt16BE(BUCKETS + 2 * at) === (print & 0xffff)) return true;
      return false;
    },
  };
}

/** Where it lies; `samples/SOURCES.md` says where it comes from. */
export const BLOCKLIST_FILE = join(import.meta.dirname, 'blocklist.bin');

/** Read once, at the start: a megabyte. */
export const readBlocklist = (): Blocklist => blocklistIn(readFileSync(BLOCKLIST_FILE));
