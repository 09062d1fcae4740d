import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { freePort } from '#bench/free-port.ts';
import { unrationed } from '#demo/platform.ts';
import { bundled } from '#test/support/bundled.ts';
import { compiled } from '#test/support/compiled.ts';
import { shortLived } from '#test/support/short-lived.ts';

// The real platform as its own process, killed and started again on the same folder and the same port.

const here = resolve(import.meta.dirname, '../..');
/** How long a start may take on a busy machine, in milliseconds. */
const START_MS = 60_000;

export interface MortalOptions {
  readonly folder: string;
  /** Of the code that runs: this one's, unless another is named. */
  readonly root?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Modules loaded before the program. */
  readonly preloads?: readonly string[];
}

export interface MortalPlatform {
  readonly url: string;
  /** How often it was started. */
  readonly lives: number;
  /** Of this life's process; undefined before the first. */
  readonly pid: number | undefined;
  /**
   * Starts it. False: it died before it was ready, which somebody may have wanted.
   * @throws Error when it neither dies nor becomes ready in time
   */
  start(environment?: Readonly<Record<string, string>>): Promise<boolean>;
  /** Sends SIGKILL to the whole process group, and resolves when nothing of it is left. */
  kill(): Promise<void>;
  /** As after SIGTERM; resolves with its exit code, null where a signal ended it. */
  stop(): Promise<number | null>;
  /** Resolves with its exit code when this life has ended, however it did. */
  readonly ended: Promise<number | null>;
  /** What this life has said so far, on both streams. */
  output(): string;
}

const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const { pid } of living) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
});
// A signal would end this process without that, and leave the groups it has started.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));

/** A platform that does not run yet. */
export async function mortalPlatform(options: MortalOptions): Promise<MortalPlatform> {
  const port = await freePort();
  const { root = here } = options;
  const preloads = (options.preloads ?? []).flatMap((file) => ['--import', resolve(root, file)]);
  let child: ChildProcess | undefined;
  let ended: Promise<number | null> = Promise.resolve(null);
  let output = '';
  let lives = 0;

  function spawnOne(environment: Readonly<Record<string, string>>): ChildProcess {
    const program = root === here ? bundled.main : 'main.ts';
    const words = [...shortLived, '--disable-warning=ExperimentalWarning', ...preloads, program];
    const one = spawn(process.execPath, words, {
      cwd: root,
      env: {
        ...{ PATH: process.env.PATH, PORT: String(port), DATA_DIR: options.folder, LOG_LEVEL: 'warn' },
        ...{ NODE_COMPILE_CACHE: compiled, ...unrationed, ...options.environment, ...environment },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    living.add(one);
    for (const stream of [one.stdout, one.stderr]) stream.on('data', (chunk) => (output += chunk));
    ended = once(one, 'close').then(([code]) => {
      living.delete(one);
      return code as number | null;
    });
    return one;
  }

  async function ready(): Promise<boolean> {
    const over = ended.then(() => 'ended' as const);
    const timeout = AbortSignal.timeout(START_MS);
    while (!output.includes('is ready')) {
      const news = child?.stdout ? once(child.stdout, 'data', { signal: timeout }) : over;
      if ((await Promise.race([over, news])) === 'ended') return false;
    }
    return true;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    get lives() {
      return lives;
    },
    get pid() {
      return child?.pid;
    },
    get ended() {
      return ended;
    },
    output: () => output,
    start(environment = {}) {
      lives += 1;
      output = '';
      child = spawnOne(environment);
      return ready();
    },
    async kill() {
      if (child?.pid !== undefined && living.has(child)) process.kill(-child.pid, 'SIGKILL');
      await ended;
    },
    stop() {
      child?.kill('SIGTERM');
      return ended;
    },
  };
}
