import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { unrationed } from '#demo/platform.ts';
import { bundled } from './bundled.ts';
import { compiled } from './compiled.ts';
import { shortLived } from './short-lived.ts';

// The real entry point, as a person starts it: its own process, its own folder, any free port.

const here = resolve(import.meta.dirname, '../..');

export interface Booted {
  /** Of the process that was started, which is the platform itself unless a wrapper or an older Node stands before it. */
  readonly pid: number;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Its exit code; null: a signal ended it. */
  readonly exited: Promise<number | null>;
  /** All it has said so far. */
  output(): string;
  /** The address as it prints it, once it is ready. @throws when it never is */
  address(): Promise<string>;
}

/** What a person starts, of whatever copy of the project. */
export const startJs = (root: string = here): string => join(root, 'start.js');

interface Quickly {
  /** What stands before Node. */
  readonly around?: readonly string[];
  /** What Node is told. */
  readonly options?: readonly string[];
}

/** The command line of a start that is one of many: half the time of a person's. */
export const quickly = ({ around = [], options = [] }: Quickly = {}): readonly string[] => [
  ...[...around, process.execPath, ...shortLived, ...options, bundled.main],
];

/** A data folder that goes away with the tests of a file. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-boot-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Starts the platform; whatever is left of it is killed behind the last test of the file.
 *
 * @param command what runs it: as a person does, with the Node that they have, unless a test has many starts or puts something around it
 * @param root the folder that it is started in: the project's, unless a test has made another of it
 */
export function boot(
  environment: Readonly<Record<string, string>>,
  command: readonly string[] = ['node', startJs()],
  root: string = here,
): Booted {
  const [program = 'node', ...words] = command;
  const child = spawn(program, words, {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled, PORT: '0', ...unrationed, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that its end takes the pinned Node with it that an older one has started.
    detached: true,
  });
  after(() => {
    if (child.pid !== undefined && running) process.kill(-child.pid, 'SIGKILL');
  });
  let running = true;
  child.once('close', () => {
    running = false;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  return {
    pid: child.pid ?? assert.fail(`${program} cannot be started`),
    kill: (signal) => void child.kill(signal),
    exited: once(child, 'close').then(([code]) => code as number | null),
    output: () => output,
    async address() {
      for (let tries = 0; tries < 600; tries++) {
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
        if (found !== undefined && (await fetch(`${found}/health/ready`).catch(() => undefined))?.ok === true)
          return found;
        if (child.exitCode !== null) break;
        await pause(50);
      }
      return assert.fail(`it did not become ready:\n${output}`);
    },
  };
}
