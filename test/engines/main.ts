/**
 * `npm run test:engines [-- FILE…]`: the suites against real servers, or those of some files. One server of each engine is started first, and
 * with it what it needs is fetched. Exit code 1: something that could be run does not pass, nor when it is run once more by itself.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { reasonOf } from '#runtime/reason.ts';
import { compiled } from '#test/support/compiled.ts';
import { engines, givenIn, NOT_RUN, type SharedServer, starters, toldIn } from './servers.ts';

const root = resolve(import.meta.dirname, '../..');
/** Some wait more than they work, and some are nine processes and two servers: of more at once each has less than it waits for. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));
/** Of one test that says nothing else, and of all of them, in milliseconds. A machine may be slow. */
const TEST_MS = 600_000;
const ALL_MS = 2_400_000;
/** What takes longest is begun first, and what works the most beside what waits the most. */
const FIRST = ['kills', 'refused-roles', 'sharing', 'demo', 'roles'].map((name) => `${name}.test.ts`);

function filesOf(named: readonly string[]): readonly string[] {
  if (named.length > 0) return named.map((file) => resolve(file));
  const all = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
  const others = all.filter((name) => !FIRST.includes(name));
  return [...FIRST, ...others].map((name) => join(import.meta.dirname, name));
}

/** Tells the files where it is, or why there is none. */
async function shareServers(): Promise<readonly Pick<SharedServer, 'end'>[]> {
  const started = engines.map(async (engine) => {
    if (process.env[givenIn[engine]] !== undefined) return [];
    try {
      const server = await starters[engine]();
      process.env[toldIn[engine].started] = server.url;
      return [server];
    } catch (error) {
      process.env[toldIn[engine].missing] = reasonOf(error);
      return [];
    }
  });
  return (await Promise.all(started)).flat();
}

/** @returns the files in which something has not passed */
async function runAll(files: readonly string[], concurrency: number): Promise<readonly string[]> {
  const notRun: string[] = [];
  const seconds = new Map<string, number>();
  const failed = new Set<string>();
  const tests = run({
    files,
    ...{ concurrency, timeout: TEST_MS, signal: AbortSignal.timeout(ALL_MS) },
    execArgv: ['--import', join(root, 'test/support/untracked-promises.ts')],
  });
  let passed = true;
  tests.on('test:fail', () => {
    passed = false;
  });
  tests.on('test:stderr', ({ message }) => {
    notRun.push(...message.split('\n').filter((line) => line.startsWith(NOT_RUN)));
  });
  tests.on('test:summary', ({ file, duration_ms, success }) => {
    if (file === undefined) return;
    seconds.set(basename(file), Math.round(duration_ms / 1_000));
    if (!success) failed.add(file);
  });
  for await (const line of tests.compose(new spec())) process.stdout.write(line);
  for (const [file, took] of [...seconds].toSorted(([, a], [, b]) => b - a)) print(`${took} s  ${file}`);
  for (const line of notRun) print(line);
  // What nobody can say the file of is of all of them.
  return passed || failed.size > 0 ? [...failed] : files;
}

/**
 * What has not passed is run once more, with nothing beside it: real servers on a machine that others work on are late in ways that say
 * nothing of us. It is told all the same, because what fails now and then may be a fault that is met now and then.
 */
async function passes(files: readonly string[]): Promise<boolean> {
  const failed = await runAll(files, AT_ONCE);
  if (failed.length === 0) return true;
  const names = failed.map((file) => basename(file)).join(', ');
  print(`run once more, with nothing beside it: ${names}`);
  const again = await runAll(failed, 1);
  if (again.length === 0) print(`UNSTEADY, look at why: ${names}`);
  return again.length === 0;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

process.env.NODE_COMPILE_CACHE = compiled;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
const servers = await shareServers();
try {
  process.exitCode = (await passes(filesOf(process.argv.slice(2)))) ? 0 : 1;
} finally {
  for (const server of servers) await server.end();
}
