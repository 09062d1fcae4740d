import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { shortLived } from '#test/support/short-lived.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs the simulation as a process of its own, as `npm run simulate` does: for a plant that is to touch nothing else, and
 * because a test runner that watches every promise makes so many of them cost twice as much.
 */
export function simulate(
  ...given: readonly string[]
): Promise<{ readonly code: number; readonly output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
  execFile(
    process.execPath,
    [...shortLived, main, ...given],
    { maxBuffer: OUTPUT_BYTES },
    (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output: stdout + stderr });
    },
  );
  return promise;
}
