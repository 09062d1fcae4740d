import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { describe } from 'node:test';

const require = createRequire(import.meta.url);

/**
 * Runs every test file of a folder in this process, each as a suite of its own with its own hooks: most tests of a room take less
 * time than loading the room does.
 *
 * @throws Error for a file that awaits at its top: it can only be run alone, since a suite has to know its tests when it begins
 */
export function together(folder: string): void {
  for (const file of globSync('**/*.test.ts', { cwd: folder }).sort())
    describe(file, () => void require(resolve(folder, file)));
}
