import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

// Faults of the operating system, given to the real process by strace: a system call on the files that are named does not
// happen and fails instead, as it would on a disk that is full or broken.

export interface Injection {
  readonly calls: readonly ('fsync' | 'fdatasync' | 'pwrite64' | 'pread64')[];
  readonly error: 'EIO' | 'ENOSPC';
  /** Only these files. */
  readonly files: readonly string[];
  /** Which of the calls of each thread fail, as strace counts them; all by default. */
  readonly when?: string;
  /** Only the thread that the process began with, which reads; the others write. */
  readonly mainThreadOnly?: boolean;
}

export interface Injected {
  /** How many calls have failed so far. */
  count(): number;
  /** From now on everything goes well again. */
  end(): Promise<void>;
}

const NEEDED = 'These tests need strace (on Debian: apt-get install strace) on Linux';

const words = ({ calls, error, files, when, mainThreadOnly = false }: Injection): readonly string[] => [
  ...(mainThreadOnly ? [] : ['-f']),
  ...files.flatMap((file) => ['-P', file]),
  '-e',
  `trace=${calls.join(',')}`,
  '-e',
  `inject=${calls.join(',')}:error=${error}${when === undefined ? '' : `:when=${when}`}`,
];

function demandStrace(): void {
  assert.equal(spawnSync('strace', ['-V']).status, 0, NEEDED);
}

/** What runs a program that meets the fault from its start; it ends as the program does. */
export function under(injection: Injection): readonly string[] {
  demandStrace();
  // `-D` leaves the program where it would be without, so that signals and process id are its own.
  return ['strace', '-D', '-qqq', '-o', '/dev/null', ...words(injection)];
}

/** What runs a program that is killed as soon as it opens this file. */
export function killedAtOpening(file: string): readonly string[] {
  demandStrace();
  const kill = ['-P', file, '-e', 'trace=openat', '-e', 'inject=openat:signal=SIGKILL'];
  return ['strace', '-D', '-f', '-qqq', '-o', '/dev/null', ...kill];
}

const untilTold = async (child: ChildProcess, told: () => boolean, output: () => string): Promise<void> => {
  for (let tries = 0; tries < 500 && !told(); tries++) {
    if (child.exitCode !== null) break;
    await pause(10);
  }
  assert.ok(told(), `${NEEDED}, and the right to attach to a process of one's own: ${output()}`);
};

/** Injects the fault into a process that runs, from now until it is ended. */
export async function inject(pid: number, injection: Injection): Promise<Injected> {
  demandStrace();
  for (const file of injection.files) assert.ok(existsSync(file), `${file} is there`);
  const child = spawn('strace', ['-p', String(pid), ...words(injection)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = once(child, 'close');
  let running = true;
  child.once('close', () => {
    running = false;
  });
  const end = async (): Promise<void> => {
    if (running) child.kill('SIGINT');
    await ended;
  };
  after(end);
  await untilTold(
    child,
    () => /attached/.test(output),
    () => output,
  );
  return { count: () => output.split('(INJECTED)').length - 1, end };
}
