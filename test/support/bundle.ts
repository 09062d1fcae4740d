import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { cache, found, type Manifest, manifest, programs, root } from './bundled.ts';
import { GROWN } from './grown.ts';

// Makes the bundle that `bundled.ts` tells of, where there is none of the source as it is now: run as a program.

/** Threads are started by their address, and so are programs. */
const WORKERS = /new URL\('\.\/worker\.ts', import\.meta\.url\)/g;
/** What is loaded only where it is needed, or reads its own folder. */
const EXTERNAL = /^(?:mongodb|kafkajs|@eventstore\/db-client|swagger-ui-dist)/;
/** Where faults are planted into a process of its own: what they change has to be there to be changed. */
const PLANTING = ['test/crash/preloads', 'test/crash/plants', 'test/engines/preloads', 'test/faults'];
const PLANT = /\bplant\(\s*\(\) => import\('#([^']+)'\),\s*'(\w+)'/g;
const ORIGINAL = '?original';
const KEPT_MS = 60 * 60 * 1_000;

const changedAt = async (file: string): Promise<number> => (await stat(join(root, file))).mtimeMs;

/** What is planted anywhere: by the file that exports it, the names. */
async function plantable(): Promise<{ files: readonly string[]; names: ReadonlyMap<string, Set<string>> }> {
  const folders = PLANTING.map(async (folder) =>
    (await readdir(join(root, folder)))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const files = (await Promise.all(folders)).flat();
  const names = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, path = '', name = ''] of (await readFile(join(root, file), 'utf8')).matchAll(PLANT)) {
      const at = join(root, path);
      names.set(at, (names.get(at) ?? new Set()).add(name));
    }
  return { files, names };
}

/** A module that exports what the original does, but for what somebody has planted by then. */
function grownFrom(path: string, names: Iterable<string>): string {
  const original = JSON.stringify(`${path}${ORIGINAL}`);
  const url = JSON.stringify(pathToFileURL(path).href);
  return [
    `import * as original from ${original};`,
    `export * from ${original};`,
    `const grown = globalThis[Symbol.for(${JSON.stringify(GROWN)})] ?? ((url, name, it) => it);`,
    ...[...names].map((name) => `export const ${name} = grown(${url}, '${name}', original.${name});`),
  ].join('\n');
}

/** The product's own modules: they find each other by `#`, and what lies beside them by their address. */
function ownModules(folder: string, planted: ReadonlyMap<string, Set<string>>): Plugin {
  const workerOf = (path: string): string =>
    JSON.stringify(pathToFileURL(join(folder, relative(root, dirname(path)), 'worker.mjs')).href);
  return {
    name: 'own modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: EXTERNAL }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /\?original$/ }, ({ path }) => ({
        path: path.slice(0, -ORIGINAL.length),
        suffix: ORIGINAL,
      }));
      onLoad({ filter: /\.ts$/ }, async ({ path, suffix }) => {
        if (path.includes('/node_modules/')) return undefined;
        const names = planted.get(path);
        if (names !== undefined && suffix !== ORIGINAL)
          return { contents: grownFrom(path, names), loader: 'js', resolveDir: dirname(path) };
        const source = await readFile(path, 'utf8');
        const contents = source
          .replaceAll(WORKERS, () => `new URL(${workerOf(path)})`)
          .replaceAll('import.meta.url', () => JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', () => JSON.stringify(dirname(path)));
        return { contents, loader: 'ts' };
      });
    },
  };
}

async function workers(): Promise<readonly string[]> {
  const files = await readdir(join(root, 'engines'), { recursive: true });
  return files.filter((file) => file.endsWith('worker.ts')).map((file) => join('engines', file));
}

/** A folder with a module for each program, and what they share. */
async function make(): Promise<void> {
  await mkdir(cache, { recursive: true });
  // Another run may still use the last one.
  for (const name of await readdir(cache)) {
    const { mtimeMs } = await stat(join(cache, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(cache, name), { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(cache, 'of-'));
  const { files, names } = await plantable();
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...programs, ...(await workers())],
    ...{ outdir: folder, outbase: root, bundle: true, splitting: true, format: 'esm', platform: 'node' },
    // Errors and events are known by the names of their classes.
    ...{
      target: 'node26',
      outExtension: { '.js': '.mjs' },
      keepNames: true,
      logLevel: 'warning',
      metafile: true,
    },
    // Packages of the older kind ask for what Node has.
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`,
    },
    plugins: [ownModules(folder, names)],
  });
  const own = Object.keys(metafile.inputs)
    .map((file) => file.replace(ORIGINAL, ''))
    .filter((file) => !file.startsWith('node_modules/') && !file.startsWith('('));
  const read = [...new Set([...own, ...files, 'package-lock.json', relative(root, import.meta.filename)])];
  const inputs = Object.fromEntries(
    await Promise.all(read.map(async (file) => [file, await changedAt(file)] as const)),
  );
  const kept = `${folder}.json`;
  await writeFile(kept, JSON.stringify({ root, folder, inputs } satisfies Manifest));
  await rename(kept, manifest);
}

if (found() === undefined) await make();
