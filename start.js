// Starts a program of the platform with the Node that the project pins: `node start.js [program.ts] [arguments]`, main.ts by
// default. This file alone must run on whatever Node a machine happens to have (18 or newer), because it is the one that
// says what is wrong.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies.node;
const neededMajor = Number(pinned.split('.')[0]);
const ownMajor = Number(process.versions.node.split('.')[0]);

const [first, ...others] = process.argv.slice(2);
const named = first?.endsWith('.ts') ?? false;
const program = resolve(root, named ? first : 'main.ts');
const programArguments = named ? others : process.argv.slice(2);

/** What was compiled once is kept: a start takes half the time. */
const compiled = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled');

/** As a shell reports a child that a signal ended. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

function fail(problem) {
  console.error(`${problem}\nNode ${pinned} comes with the project's packages: run "npm ci" first.`);
  console.error('It is put in place by an install script; "npm ci --ignore-scripts=false" allows it.');
  process.exit(1);
}

function runWith(node) {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const child = spawn(node, [program, ...programArguments], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us; passing it on again would count as a second one.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${node} cannot be run: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? SIGNAL_EXIT_CODES[signal] ?? 1));
}

if (!existsSync(join(root, 'node_modules'))) fail('The packages are not installed.');
if (ownMajor >= neededMajor) {
  module.enableCompileCache(compiled);
  process.argv = [process.argv[0], program, ...programArguments];
  await import(pathToFileURL(program).href);
} else {
  const node = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(node)) fail(`This is Node ${process.versions.node}; the project needs ${neededMajor}.`);
  runWith(node);
}
