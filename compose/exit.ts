import { ConfigError, UnusableError } from '#config';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';

/** As sysexits(3) numbers them, so that a supervisor can tell what to do. */
export const EXIT = { misused: 64, damaged: 65, unavailable: 69, software: 70, unusable: 78 } as const;

/** What the system says of a disk that takes nothing now. */
const DISK_ERRORS: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EIO'];

/** The code that a start which has failed by this error ends with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof UnusableError) return EXIT.unusable;
  if (error instanceof DamagedFileError) return EXIT.damaged;
  if (error instanceof StoreError) return error.code === 'unreadable' ? EXIT.damaged : EXIT.unavailable;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return DISK_ERRORS.includes(code) ? EXIT.unavailable : EXIT.software;
}
