import { readFileSync, statSync } from 'node:fs';

/** A line of `/proc/locks`: `1: POSIX  ADVISORY  WRITE 4711 fd:00:1572881 1073741824 1073742335`. */
const LOCK = /^\d+: \S+ +\S+ +WRITE +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) /;

/**
 * The process that holds a lock on this file, where the system tells (Linux does). It is asked for a message only: who
 * really holds the lock is decided by the lock.
 */
export function holderOf(file: string): number | undefined {
  try {
    const { ino } = statSync(file);
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      const [, pid, inode] = LOCK.exec(line) ?? [];
      // Of a process in another container, it tells 0.
      if (Number(inode) === ino && Number(pid) > 0) return Number(pid);
    }
  } catch {
    // A system without such a list, or one that does not show it.
  }
  return undefined;
}
