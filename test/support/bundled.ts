import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

// A start loads two thousand modules, which takes longer than all else that it does. Whoever kills a platform time after time starts
// the same code from a few files instead, which are made of it when it has changed (`bundle.ts`). How a person starts it, from its
// source, is what the tests of `gate/`, `deploy/` and the README do.

export const root = resolve(import.meta.dirname, '../..');
export const cache = join(root, 'node_modules/.cache/bundled');
export const manifest = join(cache, 'manifest.json');
export const programs = ['main.ts', 'cli/main.ts', 'test/fuzz/platform.ts'] as const;

const Manifest = z.object({
  root: z.literal(root),
  folder: z.string(),
  /** Files of the project that it is made of, and when each was changed last, in milliseconds. */
  inputs: z.record(z.string(), z.number()),
});
export type Manifest = z.input<typeof Manifest>;

/** The folder that is made of what is there now; undefined where none is. */
export function found(): string | undefined {
  try {
    const { folder, inputs } = Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    const isSame = Object.entries(inputs).every(([file, at]) => statSync(join(root, file)).mtimeMs === at);
    return isSame ? folder : undefined;
  } catch {
    return undefined;
  }
}

let folder: string | undefined;

function programOf(file: (typeof programs)[number]): string {
  folder ??= found();
  if (folder === undefined) execFileSync(process.execPath, [join(import.meta.dirname, 'bundle.ts')]);
  folder ??= found();
  if (folder === undefined) throw new Error('the source changes while it is bundled');
  return join(folder, file.replace(/\.ts$/, '.mjs'));
}

/** What starts the platform, the command line, and the platform that a fuzzer asks: modules for Node to run, made of the source as it is now. */
export const bundled = {
  get main() {
    return programOf('main.ts');
  },
  get cli() {
    return programOf('cli/main.ts');
  },
  get fuzzed() {
    return programOf('test/fuzz/platform.ts');
  },
};
