import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Booted, dataFolder, quickly } from '#test/support/booted.ts';
import { type Injected, inject, under } from './injection.ts';

// A disk that can be filled and given room again, with the platform's folder on it.

export interface SmallDisk {
  /** `real`: a small file system; `injected`: where none may be mounted, every write of the databases is refused. */
  readonly kind: 'real' | 'injected';
  /** The folder as the platform is told. */
  readonly dataDir: string;
  /** The same folder as this process sees it. */
  readonly seen: string;
  /** What starts a platform that has its folder there, the disk being as it is. */
  command(): readonly string[];
  /** Nothing more can be written, also by the platform that runs there. Repeated, it takes the room that was left since. */
  fill(running: Booted): Promise<void>;
  free(): Promise<void>;
}

const DISK_BYTES = 48 * 1024 * 1024;

/** Another process keeps the mount; it is nobody else's, and is gone with that process. */
async function mounted(folder: string): Promise<SmallDisk | undefined> {
  const mount = `mount -t tmpfs -o size=${DISK_BYTES} annals "$0" && echo mounted && exec cat`;
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return undefined;
  const holder = spawn('unshare', ['-m', 'sh', '-c', mount, folder], { stdio: ['pipe', 'pipe', 'ignore'] });
  after(() => void holder.kill('SIGKILL'));
  const told = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'close').then(() => false),
  ]);
  if (!told) return undefined;
  const seen = join(`/proc/${holder.pid}/root`, folder);
  const ballast: string[] = [];
  return {
    kind: 'real',
    dataDir: folder,
    seen,
    command: () => quickly({ around: ['nsenter', '-t', String(holder.pid), '-m', '--'] }),
    async fill() {
      const name = join(seen, `ballast-${ballast.length}`);
      ballast.push(name);
      const file = openSync(name, 'w');
      for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2))
        for (let wrote = bytes; wrote === bytes; ) wrote = writeSome(file, bytes);
      closeSync(file);
    },
    async free() {
      for (const name of ballast.splice(0)) rmSync(name);
    },
  };
}

/** How much of it there was room for. */
function writeSome(file: number, bytes: number): number {
  try {
    return writeSync(file, Buffer.alloc(bytes));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    return 0;
  }
}

function injected(folder: string): SmallDisk {
  const files = ['events.db', 'events.db-wal', 'views.db', 'views.db-wal'].map((name) => join(folder, name));
  const full = { calls: ['pwrite64'], error: 'ENOSPC', files } as const;
  let filled: Injected | undefined;
  return {
    kind: 'injected',
    dataDir: folder,
    seen: folder,
    command: () => quickly(filled && { around: under(full) }),
    async fill(running) {
      filled ??= await inject(running.pid, full);
    },
    async free() {
      await filled?.end();
      filled = undefined;
    },
  };
}

/** A small file system where the machine lets us mount one; the next best where it does not. */
export async function smallDisk(): Promise<SmallDisk> {
  const folder = join(await dataFolder(), 'data');
  mkdirSync(folder);
  return (await mounted(folder)) ?? injected(folder);
}
