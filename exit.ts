/** As sysexits(3) numbers them, so that a supervisor can tell what to do. */
export const EXIT = { misused: 64, damaged: 65, unavailable: 69, software: 70, unusable: 78 } as const;

/** What an error's `code` tells a supervisor: our own errors' codes, and the system's of a disk that takes nothing now. */
const MEANING: Readonly<Record<string, keyof typeof EXIT>> = {
  misused: 'misused',
  unusable: 'unusable',
  damaged: 'damaged',
  unreadable: 'damaged',
  unavailable: 'unavailable',
  overloaded: 'unavailable',
  second_writer: 'unavailable',
  unknown_outcome: 'unavailable',
  invalid_event: 'unavailable',
  closed: 'unavailable',
  ENOSPC: 'unavailable',
  EDQUOT: 'unavailable',
  EIO: 'unavailable',
};

/**
 * The code that a program which has failed by this error ends with. Errors say what they are by their `code`, so that no
 * program need know the errors of another.
 *
 * @param otherwise for an error that says nothing of the kind; by default a mistake of ours
 */
export function exitCodeOf(error: unknown, otherwise: number = EXIT.software): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const meaning = typeof code === 'string' && Object.hasOwn(MEANING, code) ? MEANING[code] : undefined;
  return meaning === undefined ? otherwise : EXIT[meaning];
}
