import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// SQLite's write-ahead log as its file format describes it: a header, then frames of a header and a page each. A frame that
// ends a transaction says how large the database is behind it.

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

export interface WriteAheadLog {
  readonly bytes: Buffer;
  readonly frameBytes: number;
  /** Where each frame begins, in bytes. */
  readonly frames: readonly number[];
  /** Where each commit ends, in bytes: the end of its last frame. */
  readonly commits: readonly number[];
}

/** Reads a log whose frames are all of one generation, as they are while nothing has been checkpointed. */
export function readLog(file: string): WriteAheadLog {
  const bytes = readFileSync(file);
  const frameBytes = FRAME_HEADER_BYTES + bytes.readUInt32BE(8);
  const salt = bytes.subarray(16, 24);
  const frames: number[] = [];
  const commits: number[] = [];
  for (let at = HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes) {
    // What stands behind is left of a generation before.
    if (!bytes.subarray(at + 8, at + 16).equals(salt)) break;
    frames.push(at);
    if (bytes.readUInt32BE(at + 4) !== 0) commits.push(at + frameBytes);
  }
  return { bytes, frameBytes, frames, commits };
}

/** The end of the last commit that a log holds which was torn at a byte. */
export const lastWhole = ({ commits }: WriteAheadLog, tornAt: number): number =>
  commits.findLast((end) => end <= tornAt) ?? 0;

/** The files of a data folder, each database without its log. */
const OTHERS = ['events.db', 'views.db', 'provider.db', 'provider.db-wal', 'token-key.json'];

/** A copy of a data folder with other bytes for its logs; undefined: the log as it is. */
export function copyOf(
  folder: string,
  to: string,
  logs: { readonly events?: Uint8Array | undefined; readonly views?: Uint8Array | undefined },
): string {
  mkdirSync(to, { recursive: true });
  for (const name of OTHERS)
    if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(to, name));
  for (const name of ['events', 'views'] as const) {
    const log = `${name}.db-wal`;
    if (existsSync(join(folder, log)))
      writeFileSync(join(to, log), logs[name] ?? readFileSync(join(folder, log)));
  }
  return to;
}

/** The log up to a byte. */
export const tornAt = ({ bytes }: WriteAheadLog, end: number): Buffer => bytes.subarray(0, end);

/** The whole log with one bit the other way. */
export function flippedAt({ bytes }: WriteAheadLog, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
