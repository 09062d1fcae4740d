import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** The part of SQLite's header that is read here, in bytes. */
const HEADER_BYTES = 100;

/**
 * Whether a database file is shorter than its own header says. Then it was cut, or the process ended while the log was
 * being brought into it: in that case, and only in that, the log still holds what is missing.
 */
export function isShorterThanItsHeader(file: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return true;
  } finally {
    closeSync(descriptor);
  }
  // The count of pages is only meant where the header was last written by a program that keeps it.
  if (header.readUInt32BE(24) !== header.readUInt32BE(92)) return false;
  const written = header.readUInt16BE(16);
  const pageBytes = written === 1 ? 65_536 : written;
  return statSync(file).size < header.readUInt32BE(28) * pageBytes;
}
