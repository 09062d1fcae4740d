import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// Test files that run in one process: most of them take less time than loading the product does, and what has run once is quick.

const require = createRequire(import.meta.url);

/** A line at the margin that waits, or that imports what does: the file opens at its top what its tests are about. */
const OPENING = /^(?:(?:(?:export )?(?:const|let) .*|for )?\bawait\b|import '\.)/m;

function filesIn(folder: string, opening: boolean): readonly string[] {
  const files = globSync('**/*.test.ts', { cwd: folder }).sort();
  return files.filter((file) => OPENING.test(readFileSync(resolve(folder, file), 'utf8')) === opening);
}

/**
 * Runs the test files of a folder in this process, each as a suite of its own with its own hooks; those that open something at their
 * top are left for {@link openedTogether}.
 *
 * @throws Error for a file that awaits at its top all the same: a suite has to know its tests when it begins
 */
export function together(folder: string): void {
  for (const file of filesIn(folder, false)) describe(file, () => void require(resolve(folder, file)));
}

/**
 * Runs those that {@link together} leaves, when all of them are open: what one opens is not to keep the tests of another waiting. It is there
 * until the last has ended.
 */
export async function openedTogether(folder: string): Promise<void> {
  const { promise, resolve: areOpen } = Promise.withResolvers<void>();
  const files = filesIn(folder, true);
  test(`${files.length} files have opened what they are about`, () => promise);
  try {
    for (const file of files) await import(pathToFileURL(resolve(folder, file)).href);
  } finally {
    areOpen();
  }
}
